using System.Diagnostics.Metrics;

namespace Amps.Ocpp.Dialects;

/// <summary>Counters of what charge points do otherwise than the standard says.</summary>
internal static class DialectMetrics
{
    private static readonly Meter s_meter = new("Amps.Ocpp.Dialects");

    /// <summary>Departures from the schema that were tolerated.</summary>
    public static Counter<long> Tolerated { get; } = s_meter.CreateCounter<long>("amps.ocpp.tolerated_violations");

    /// <summary>Transaction messages that are kept although something of them cannot be: tag <c>reason</c>.</summary>
    public static Counter<long> Flagged { get; } = s_meter.CreateCounter<long>("amps.ocpp.flagged_transactions");

    /// <summary>Meter values that were kept from a while ago: answered, and not shown as of now.</summary>
    public static Counter<long> Replayed { get; } = s_meter.CreateCounter<long>("amps.ocpp.replayed_meter_values");

    /// <summary>Answers that came after their call had ended.</summary>
    public static Counter<long> LateAnswers { get; } = s_meter.CreateCounter<long>("amps.ocpp.late_answers");

    /// <summary>Transaction events of a station that never arrived, by their sequence numbers.</summary>
    public static Counter<long> SequenceGaps { get; } = s_meter.CreateCounter<long>("amps.ocpp.transaction_event_gaps");

    /// <summary>Results of charge points that break their schema.</summary>
    public static Counter<long> InvalidResults { get; } = s_meter.CreateCounter<long>("amps.ocpp.invalid_results");
}
