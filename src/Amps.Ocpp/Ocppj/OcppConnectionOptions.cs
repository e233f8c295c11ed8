using Amps.Ocpp.Ocppj.Diagnostics;
using Amps.Ocpp.Ocppj.Framing;

namespace Amps.Ocpp.Ocppj;

/// <summary>Limits and spellings of an OCPP-J link. One instance is meant to be shared by all links of one OCPP version.</summary>
public sealed record OcppConnectionOptions
{
    /// <summary>The error codes as the version of the link spells them.</summary>
    public required RpcErrorCodes Codes { get; init; }

    /// <summary>The message types that the version knows (OCPP-J 1.6 §4.2; OCPP 2.1 part 4 §4.2).</summary>
    public RpcMessageTypes MessageTypes { get; init; } = RpcMessageTypes.CallAndAnswers;

    /// <summary>
    /// Whether a message of an unknown type is answered with a CALLERROR. OCPP-J 1.6 wants such messages ignored; 2.x has the
    /// code <c>MessageTypeNotSupported</c> for them.
    /// </summary>
    public bool AnswerUnknownMessageTypes { get; init; }

    /// <summary>Whether the payload <c>null</c> of a CALL is handed on as <c>{}</c>, with <see cref="IncomingCall.PayloadWasNull"/> set, instead of refused.</summary>
    public bool TakeNullPayload { get; init; }

    /// <summary>Whether a CALL of more than four elements is refused instead of read without its surplus.</summary>
    public bool StrictEnvelope { get; init; }

    /// <summary>Largest message in bytes, after inflation. A larger one closes the link with 1009.</summary>
    public int MaxFrameBytes { get; init; } = 256 * 1024;

    /// <summary>Bounds the memory for messages that come in on all links together; null: nothing does.</summary>
    public LargeMessages? LargeMessages { get; init; }

    /// <summary>How long a message that needs a place there may take to come in completely, so that nobody can keep it.</summary>
    public TimeSpan LargeMessageTime { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Deepest nesting of a message; the outer array counts.</summary>
    public int MaxDepth { get; init; } = 32;

    /// <summary>How long an answer to our call may take, counted from its sending, where the caller names no time.</summary>
    public TimeSpan DefaultCallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How many of our calls may wait behind the outstanding one.</summary>
    public int MaxQueuedCalls { get; init; } = 64;

    /// <summary>How many calls of the charge point may be unanswered before the link is no longer read.</summary>
    public int MaxPendingIncoming { get; init; } = 16;

    /// <summary>How many messages a second a link may bring in for long; above it the link is read more slowly. 0: as many as it likes. Answers to our calls do not count.</summary>
    public int MessagesPerSecond { get; init; }

    /// <summary>How many messages may come at once before <see cref="MessagesPerSecond"/> holds.</summary>
    public int MessageBurst { get; init; } = 2000;

    /// <summary>How long one message may take to leave for the network before the link is dropped.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the peer has for its half of the closing handshake.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Looks up the name of an action by its UTF-8 bytes, so that no string is made per message; null: the name is unknown.</summary>
    public ActionNameLookup? ActionNames { get; init; }

    /// <summary>Sees every text message in both directions, for tests and for tracing one charge point.</summary>
    public IFrameTap? Tap { get; init; }

    /// <summary>The rules of OCPP-J 1.6.</summary>
    public static OcppConnectionOptions Ocpp16() => new() { Codes = RpcErrorCodes.Ocpp16, TakeNullPayload = true };

    /// <summary>The rules of OCPP 2.0.1 part 4.</summary>
    public static OcppConnectionOptions Ocpp201() => new() { Codes = RpcErrorCodes.Ocpp2, AnswerUnknownMessageTypes = true };

    /// <summary>The rules of OCPP 2.1 part 4, which adds CALLRESULTERROR and SEND.</summary>
    public static OcppConnectionOptions Ocpp21() => Ocpp201() with { MessageTypes = RpcMessageTypes.All };
}

/// <summary>Gives the shared string of an action's name, or null if the name is unknown.</summary>
public delegate string? ActionNameLookup(ReadOnlySpan<byte> utf8Name);
