namespace Amps.Ocpp.Ocppj;

/// <summary>Why a link ended.</summary>
public enum CloseKind
{
    /// <summary>The charge point sent a close frame.</summary>
    ClosedByPeer,

    /// <summary><see cref="OcppConnection.CloseAsync"/> was called.</summary>
    ClosedByUs,

    /// <summary>The transport ended without a close frame.</summary>
    ConnectionLost,

    /// <summary>Nothing came for longer than the liveness limit.</summary>
    PeerSilent,

    /// <summary>The charge point did not take a message within the time-out.</summary>
    SendStalled,

    /// <summary>The charge point broke a rule of WebSocket or a limit: closed 1002, 1003, 1007 or 1009.</summary>
    Violation,

    /// <summary><see cref="OcppConnection.Abort()"/> was called, or the token of the link was cancelled.</summary>
    Aborted,
}

/// <summary>The end of a link.</summary>
/// <param name="Kind">Who or what ended it.</param>
/// <param name="Code">The WebSocket close code that was sent or received; 1006 where there was none.</param>
/// <param name="Description">The words that came with it; text of the charge point is not to be trusted.</param>
public sealed record CloseReason(CloseKind Kind, int Code, string Description)
{
    /// <summary>The code for an end without a close frame (RFC 6455 §7.4.1).</summary>
    public const int NoCloseFrame = 1006;
}
