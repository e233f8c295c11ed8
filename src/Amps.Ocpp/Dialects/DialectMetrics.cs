using System.Diagnostics.Metrics;

namespace Amps.Ocpp.Dialects;

/// <summary>Counters of what charge points do otherwise than the standard says.</summary>
internal static class DialectMetrics
{
    private static readonly Meter s_meter = new("Amps.Ocpp.Dialects");

    /// <summary>Departures from the schema that were tolerated.</summary>
    public static Counter<long> Tolerated { get; } = s_meter.CreateCounter<long>("amps.ocpp.tolerated_violations");

    /// <summary>Answers that came after their call had ended.</summary>
    public static Counter<long> LateAnswers { get; } = s_meter.CreateCounter<long>("amps.ocpp.late_answers");
}
