namespace Amps.HardwareSim;

/// <summary>The physics of one socket: what flows into the vehicle, and what that adds to the register and the battery.</summary>
internal sealed class PowerPath(ConnectorOptions options)
{
    /// <summary>A; nothing below it can be signalled to a vehicle (IEC 61851-1).</summary>
    private const double LowestCurrent = 6;

    public ConnectorOptions Options => options;

    /// <summary>Plugged in; null = none.</summary>
    public Vehicle? Vehicle { get; set; } = options.Vehicle is null ? null : new Vehicle(options.Vehicle);

    public double EnergyWh { get; set; }

    /// <summary>A per used phase.</summary>
    public double CurrentA { get; private set; }

    /// <summary>How many phases may be used; null = as many as there are.</summary>
    public int? AllowedPhases { get; set; }

    public int UsedPhases => Math.Min(Math.Min(options.Phases, AllowedPhases ?? options.Phases), Vehicle?.Phases ?? options.Phases);

    public double PowerKw => CurrentA * options.Voltage * UsedPhases / 1000;

    /// <summary>A per phase that the vehicle would draw.</summary>
    public double WantedCurrent => Vehicle?.WantedCurrent ?? 0;

    /// <summary>Whether a limit, A per phase, is enough to charge at all.</summary>
    public static bool Offers(double limit) => limit >= LowestCurrent;

    /// <summary>Closed within a limit, A per phase.</summary>
    public void Draw(double limit) => CurrentA = Offers(limit) ? Math.Round(Math.Min(limit, WantedCurrent), 2) : 0;

    public void Open() => CurrentA = 0;

    /// <summary>Lets time pass; <paramref name="scale"/> seconds of charging in a second.</summary>
    public void Pass(TimeSpan passed, double scale)
    {
        double wattHours = PowerKw * 1000 * passed.TotalHours * scale;
        EnergyWh += wattHours;
        Vehicle?.Take(wattHours);
    }
}
