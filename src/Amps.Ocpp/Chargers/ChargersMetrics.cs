using System.Diagnostics.Metrics;

namespace Amps.Ocpp.Chargers;

/// <summary>Counters of what chargers do against what they were told.</summary>
internal static class ChargersMetrics
{
    private static readonly Meter s_meter = new("Amps.Ocpp.Chargers");

    /// <summary>Times a charger was seen above its cap for too long and got it again.</summary>
    public static Counter<long> CapDrifts { get; } = s_meter.CreateCounter<long>("amps.ocpp.cap_drifts");

    /// <summary>Stops that cannot be believed and were put aside.</summary>
    public static Counter<long> QuarantinedStops { get; } = s_meter.CreateCounter<long>("amps.ocpp.quarantined_stops");
}
