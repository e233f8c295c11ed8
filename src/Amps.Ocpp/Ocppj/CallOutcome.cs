namespace Amps.Ocpp.Ocppj;

/// <summary>How a call of ours ended.</summary>
public enum CallOutcomeKind
{
    /// <summary>A CALLRESULT came.</summary>
    Result,

    /// <summary>A CALLERROR came.</summary>
    Error,

    /// <summary>No answer came in time. The effect is unknown.</summary>
    TimedOut,

    /// <summary>Too many calls were waiting; nothing was sent.</summary>
    QueueFull,

    /// <summary>The link ended first. If it was sent the effect is unknown.</summary>
    ConnectionLost,

    /// <summary>The caller gave up first. If it was sent the effect is unknown.</summary>
    Cancelled,
}

/// <summary>The end of a call of ours. All byte arrays belong to the receiver of the outcome.</summary>
public sealed record CallOutcome
{
    private static readonly ReadOnlyMemory<byte> s_emptyObject = "{}"u8.ToArray();

    private CallOutcome(CallOutcomeKind kind, bool sent)
    {
        Kind = kind;
        Sent = sent;
    }

    public CallOutcomeKind Kind { get; }

    /// <summary>Whether the call was handed to the socket, so that the charge point may have obeyed it.</summary>
    public bool Sent { get; }

    /// <summary>The id it was sent with; empty if it was not sent.</summary>
    public string MessageId { get; private init; } = string.Empty;

    /// <summary>Payload of the CALLRESULT: well-formed JSON in UTF-8 of any type; <c>{}</c> where the charge point left it out.</summary>
    public ReadOnlyMemory<byte> Payload { get; private init; }

    /// <summary>Code of the CALLERROR as it came, also one that no standard knows.</summary>
    public string ErrorCode { get; private init; } = string.Empty;

    /// <summary>Description of the CALLERROR; empty where it was left out.</summary>
    public string ErrorDescription { get; private init; } = string.Empty;

    /// <summary>Details of the CALLERROR: JSON in UTF-8, <c>{}</c> where they were left out or null.</summary>
    public ReadOnlyMemory<byte> ErrorDetails { get; private init; } = s_emptyObject;

    /// <summary>True for <see cref="CallOutcomeKind.Result"/>.</summary>
    public bool IsResult => Kind == CallOutcomeKind.Result;

    public static CallOutcome Result(string messageId, ReadOnlyMemory<byte> payload) =>
        new(CallOutcomeKind.Result, sent: true) { MessageId = messageId, Payload = payload };

    public static CallOutcome Error(string messageId, string code, string description, ReadOnlyMemory<byte> details) =>
        new(CallOutcomeKind.Error, sent: true)
        {
            MessageId = messageId,
            ErrorCode = code,
            ErrorDescription = description,
            ErrorDetails = details.IsEmpty ? s_emptyObject : details,
        };

    public static CallOutcome TimedOut(string messageId) => new(CallOutcomeKind.TimedOut, sent: true) { MessageId = messageId };

    public static CallOutcome QueueFull { get; } = new(CallOutcomeKind.QueueFull, sent: false);

    public static CallOutcome ConnectionLost(string messageId, bool sent) => new(CallOutcomeKind.ConnectionLost, sent) { MessageId = messageId };

    public static CallOutcome Cancelled(string messageId, bool sent) => new(CallOutcomeKind.Cancelled, sent) { MessageId = messageId };
}

/// <summary>An answer that came after its call had been given up.</summary>
/// <param name="Action">The action of the call.</param>
/// <param name="Correlation">What the caller gave with the call.</param>
/// <param name="Outcome">The answer: a result or an error.</param>
/// <param name="After">The time between sending and answer.</param>
public sealed record LateAnswer(string Action, object? Correlation, CallOutcome Outcome, TimeSpan After);
