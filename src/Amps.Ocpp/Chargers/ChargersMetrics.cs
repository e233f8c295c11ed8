using System.Diagnostics.Metrics;

namespace Amps.Ocpp.Chargers;

/// <summary>Counters of what chargers do against what they were told.</summary>
internal static class ChargersMetrics
{
    private static readonly Meter s_meter = new("Amps.Ocpp.Chargers");

    /// <summary>Times a charger was seen above its cap for too long and got it again.</summary>
    public static Counter<long> CapDrifts { get; } = s_meter.CreateCounter<long>("amps.ocpp.cap_drifts");

    /// <summary>Times a cap was found not to be in force: refused in every form, not answered, or accepted without effect.</summary>
    public static Counter<long> CapRefusals { get; } = s_meter.CreateCounter<long>("amps.ocpp.cap_refusals");
}
