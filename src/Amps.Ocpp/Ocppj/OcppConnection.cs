using System.Net.WebSockets;

using Amps.Ocpp.Ocppj.Framing;
using Amps.Ocpp.Ocppj.Link;

namespace Amps.Ocpp.Ocppj;

/// <summary>
/// OCPP-J over one WebSocket (OCPP-J 1.6, OCPP 2.x part 4): one reader, one call in flight each way, answers matched to calls.
/// It knows no action and no version beyond its <see cref="OcppConnectionOptions"/>. All members may be called from any thread.
/// </summary>
public sealed partial class OcppConnection
{
    private readonly LinkContext _link;
    private readonly OutboundGate _outbound;
    private readonly CallQueue _calls;
    private readonly LivenessMonitor? _liveness;
    private MessagePace _pace;
    private long _lastMessage;
    private int _closeStarted;

    /// <param name="identity">The charge point, for the log.</param>
    /// <param name="socket">An open socket; it is disposed when the link ends.</param>
    /// <param name="stream">The observed transport of the socket; null: no pings, and liveness counts whole messages only.</param>
    /// <param name="options">Limits and spellings, shared by all links of a version.</param>
    /// <param name="liveness">Who pings the link and drops it when it falls silent; null: nobody.</param>
    /// <param name="time">The clock of all time-outs; the same as that of <paramref name="stream"/>.</param>
    /// <param name="logger">The log of the link.</param>
    public OcppConnection(
        string identity,
        WebSocket socket,
        LinkStream? stream,
        OcppConnectionOptions options,
        LivenessMonitor? liveness,
        TimeProvider time,
        ILogger logger)
    {
        _link = new LinkContext(identity, socket, stream, options, time, logger);
        _outbound = new OutboundGate(_link);
        _calls = new CallQueue(_link, _outbound);
        _liveness = liveness;
        _lastMessage = time.GetTimestamp();
    }

    /// <summary>The charge point's identity.</summary>
    public string Identity => _link.Identity;

    /// <summary>Why the link ended; null while it is in use.</summary>
    public CloseReason? Reason => _link.Reason;

    /// <summary>When something last came from the charge point, as a timestamp of the link's clock.</summary>
    public long LastInboundTimestamp => _link.Stream?.LastInboundTimestamp ?? Volatile.Read(ref _lastMessage);

    /// <summary>Whether the reader waits for its own side, so that silence says nothing about the charge point.</summary>
    internal bool IsPaused { get; private set; }

    internal int LivenessBucket { get; set; }

    internal int LivenessSlot { get; set; }

    /// <summary>
    /// Sends a CALL when its turn comes and returns its end; never throws for an end that a link can have. One call is
    /// outstanding at a time, the others wait in order.
    /// </summary>
    /// <param name="action">The action.</param>
    /// <param name="payloadJson">A JSON object in UTF-8, left unchanged until the task ended.</param>
    /// <param name="timeout">How long the answer may take, counted from the sending; null for the default of the link.</param>
    /// <param name="correlation">Comes back with an answer that is late.</param>
    /// <param name="cancellationToken">Gives up waiting. A call that was sent keeps its place until its answer or time-out.</param>
    public Task<CallOutcome> CallAsync(
        string action, ReadOnlyMemory<byte> payloadJson, TimeSpan? timeout = null, object? correlation = null, CancellationToken cancellationToken = default) =>
        _calls.CallAsync(new PendingCall(_calls, action, payloadJson, timeout ?? _link.Options.DefaultCallTimeout, correlation), cancellationToken);

    /// <summary>Tells the charge point that its CALLRESULT was no good (CALLRESULTERROR, OCPP 2.1 part 4 §4.2.4). Nothing is sent where the version has no such message.</summary>
    /// <param name="messageId">The id of our call, from its outcome.</param>
    /// <param name="code">An error code.</param>
    /// <param name="description">Cut at 255 characters.</param>
    public void SendResultError(string messageId, string code, string description)
    {
        if (_link.Options.MessageTypes.HasFlag(RpcMessageTypes.CallResultError))
        {
            _outbound.TrySend(FrameWriter.CallResultError(JsonText.Escape(messageId).Span, code, description, default));
        }
    }

    /// <summary>Sends a WebSocket ping; any bytes that come count as its answer.</summary>
    public void RequestPing() => _link.Stream?.SendPing();

    /// <summary>Pings and waits until any bytes come; false if nothing came in time or the link has ended.</summary>
    public async Task<bool> ProbeAsync(TimeSpan timeout) =>
        Reason is null && _link.Stream is { } stream && await stream.ProbeAsync(timeout) && Reason is null;

    /// <summary>
    /// Closes the link with a WebSocket close code: nothing of the charge point is handled any more, calls end as lost. Returns
    /// when the close frame was handed to the socket; <see cref="RunAsync"/> returns once the peer has closed too, or did not in time.
    /// </summary>
    /// <param name="code">1000 to 4999, as RFC 6455 §7.4 allows them to be sent.</param>
    /// <param name="description">At most 123 bytes of UTF-8; longer texts are cut.</param>
    public Task CloseAsync(int code, string description)
    {
        if (!_link.TryEnd(new CloseReason(CloseKind.ClosedByUs, code, description)))
        {
            return Task.CompletedTask;
        }

        _calls.Close();
        return SendCloseAsync((WebSocketCloseStatus)code, description);
    }

    /// <summary>Ends the link at once, without a close frame.</summary>
    public void Abort() => _link.Drop(CloseKind.Aborted, "The link was aborted.");

    internal void DropSilent() => _link.Drop(CloseKind.PeerSilent, "The charge point was silent for too long.");
}
