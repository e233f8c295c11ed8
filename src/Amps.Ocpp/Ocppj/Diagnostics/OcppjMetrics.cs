using System.Diagnostics.Metrics;

namespace Amps.Ocpp.Ocppj.Diagnostics;

/// <summary>Counters of all links together; no identity is ever a label.</summary>
public static class OcppjMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Amps.Ocpp.Ocppj";

    private static readonly Meter s_meter = new(MeterName);

    internal static Counter<long> FramesReceived { get; } = s_meter.CreateCounter<long>("ocppj.frames.received", "{frame}", "Text messages that came in.");

    internal static Counter<long> FramesSent { get; } = s_meter.CreateCounter<long>("ocppj.frames.sent", "{frame}", "Text messages that were handed to sockets.");

    internal static Counter<long> Violations { get; } = s_meter.CreateCounter<long>("ocppj.violations", "{frame}", "Messages that broke a rule, by kind.");

    internal static Counter<long> LateAnswers { get; } = s_meter.CreateCounter<long>("ocppj.answers.late", "{frame}", "Answers whose call had been given up.");

    internal static Counter<long> CallTimeouts { get; } = s_meter.CreateCounter<long>("ocppj.calls.timed_out", "{call}", "Calls that got no answer in time.");

    internal static Counter<long> Dropped { get; } = s_meter.CreateCounter<long>("ocppj.frames.dropped", "{frame}", "Messages that were dropped unanswered, by kind.");

    internal static Counter<double> HeldBack { get; } = s_meter.CreateCounter<double>("ocppj.reading.held_back", "s", "Time for which links were not read because they send too much.");

    internal static Counter<long> LargeMessagesWaited { get; } = s_meter.CreateCounter<long>("ocppj.messages.large_waited", "{frame}", "Large messages that were read on only when others were done.");
}
