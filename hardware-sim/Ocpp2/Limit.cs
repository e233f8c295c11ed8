namespace Amps.HardwareSim.Ocpp2;

/// <summary>What charging profiles allow at one moment.</summary>
/// <param name="Amperes">Per phase; infinite = as much as there is.</param>
/// <param name="Phases">How many; null = all.</param>
internal sealed record Limit(double Amperes, int? Phases)
{
    public static readonly Limit None = new(double.PositiveInfinity, null);

    public static Limit Lower(Limit one, Limit other) => new(
        Math.Min(one.Amperes, other.Amperes),
        one.Phases is { } a && other.Phases is { } b ? Math.Min(a, b) : one.Phases ?? other.Phases);
}
