namespace Amps.Ocpp.Chargers;

/// <summary>How a round of writing ended.</summary>
internal enum CapWriteKind
{
    /// <summary>Nothing had to be written.</summary>
    Unchanged,
    Written,

    /// <summary>The charge point does not take it.</summary>
    Refused,

    /// <summary>A newer cap came meanwhile.</summary>
    Outdated,
    LinkLost,
}

/// <summary>The end of a round of writing.</summary>
/// <param name="Why">For the operator, when refused.</param>
/// <param name="Notice">Kind of the notice that tells of it, when refused.</param>
internal readonly record struct CapWrite(CapWriteKind Kind, string? Why = null, string? Notice = null)
{
    /// <summary>What is still a reason for the next round when this one was refused.</summary>
    public CapReason Open { get; init; }

    public bool IsDone => Kind is CapWriteKind.Unchanged or CapWriteKind.Written;

    /// <summary>What an answer that is no acceptance means for the cap.</summary>
    public static CapWrite Of(CallAnswerSummary answer) => answer.Status switch
    {
        CallStatus.LinkLost => new CapWrite(CapWriteKind.LinkLost),
        CallStatus.TimedOut => Refusal("the charge point does not answer charging profiles"),
        CallStatus.NotSupported => Refusal("the charge point does not support charging profiles"),
        CallStatus.Busy => Refusal("too many calls are waiting"),
        CallStatus.Invalid => Refusal("the charge point answers charging profiles with something the standard does not allow"),
        _ => Refusal("the charge point refuses charging profiles in every form; a setting of its own may forbid them"),
    };

    private static CapWrite Refusal(string why) => new(CapWriteKind.Refused, why, "capRefused");
}
