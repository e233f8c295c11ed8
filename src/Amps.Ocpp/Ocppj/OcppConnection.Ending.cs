using System.Net.WebSockets;
using System.Text;

using Amps.Ocpp.Ocppj.Diagnostics;
using Amps.Ocpp.Ocppj.Framing;

namespace Amps.Ocpp.Ocppj;

public sealed partial class OcppConnection
{
    private const int MaxCloseDescription = 123;

    private ITimer? _closeTimer;

    private async Task EndAfterCloseFrameAsync()
    {
        var socket = _link.Socket;
        var code = socket.CloseStatus ?? WebSocketCloseStatus.Empty;
        _link.TryEnd(new CloseReason(CloseKind.ClosedByPeer, (int)code, socket.CloseStatusDescription ?? string.Empty));
        if (socket.State == WebSocketState.CloseReceived)
        {
            await SendCloseAsync(code, null);
        }
    }

    private async Task<bool> EndForViolationAsync(WebSocketCloseStatus code, string description)
    {
        NoteViolation(code, description);
        await SendCloseAsync(code, description);
        return true;
    }

    /// <summary>.NET's socket sends a close frame for a broken frame but gives up without one when inflation fails.</summary>
    private async Task<bool> EndForBadDeflationAsync()
    {
        NoteViolation(WebSocketCloseStatus.InvalidPayloadData, "The message could not be inflated.");
        if (_link.Stream is { } stream)
        {
            await stream.SendCloseAsync((int)WebSocketCloseStatus.InvalidPayloadData);
        }

        return true;
    }

    private void NoteViolation(WebSocketCloseStatus code, string description)
    {
        if (_link.TryEnd(new CloseReason(CloseKind.Violation, (int)code, description)))
        {
            OcppjMetrics.Violations.Add(1, new KeyValuePair<string, object?>("kind", code.ToString()));
            OcppjLog.LinkViolation(_link.Logger, Identity, (int)code, description);
        }
    }

    /// <returns>Whether unread bytes may be left that would turn the end into a reset.</returns>
    private async Task<bool> EndAfterAsync(Exception exception)
    {
        switch (exception)
        {
            case var _ when _link.Reason is not null:
                return false;
            case WebSocketException { WebSocketErrorCode: WebSocketError.Faulted }:
                var code = _link.Stream is { CloseCodeSent: > 0 } stream ? stream.CloseCodeSent : (int)WebSocketCloseStatus.ProtocolError;
                NoteViolation((WebSocketCloseStatus)code, exception.Message);
                return true;
            case WebSocketException { WebSocketErrorCode: not WebSocketError.ConnectionClosedPrematurely }:
                return await EndForBadDeflationAsync();
            case WebSocketException or IOException or OperationCanceledException or ObjectDisposedException:
                _link.TryEnd(new CloseReason(CloseKind.ConnectionLost, CloseReason.NoCloseFrame, exception.Message));
                return false;
            default:
                OcppjLog.ReaderFailed(_link.Logger, exception, Identity);
                _link.TryEnd(new CloseReason(CloseKind.Aborted, (int)WebSocketCloseStatus.InternalServerError, "The reader failed."));
                await SendCloseAsync(WebSocketCloseStatus.InternalServerError, null);
                return true;
        }
    }

    /// <summary>Sends the close frame once. A peer that does not close its side in time is cut off.</summary>
    private async Task SendCloseAsync(WebSocketCloseStatus code, string? description)
    {
        if (Interlocked.Exchange(ref _closeStarted, 1) != 0)
        {
            return;
        }

        _outbound.Close();
        _closeTimer = _link.Time.CreateTimer(
            static state => ((OcppConnection)state!).Abort(), this, _link.Options.CloseTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            await _link.Socket.CloseOutputAsync(code, CutToBytes(description), CancellationToken.None);
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or OperationCanceledException or InvalidOperationException)
        {
            // The socket ended before its close frame; the reader sees the same.
        }
    }

    private static string? CutToBytes(string? description)
    {
        while (description is not null && Encoding.UTF8.GetByteCount(description) > MaxCloseDescription)
        {
            description = JsonText.Cut(description, Math.Min(description.Length - 1, MaxCloseDescription));
        }

        return description;
    }
}
