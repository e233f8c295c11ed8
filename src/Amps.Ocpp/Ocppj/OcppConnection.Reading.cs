using System.Buffers;
using System.Net.WebSockets;

using Amps.Ocpp.Ocppj.Diagnostics;
using Amps.Ocpp.Ocppj.Framing;

namespace Amps.Ocpp.Ocppj;

public sealed partial class OcppConnection
{
    private const int FirstBuffer = 4096;

    /// <summary>
    /// Reads until the link ends for whatever reason, and says why. Must be called once. When it returns all calls are settled
    /// and the socket is disposed; a handler that still works finishes by itself.
    /// </summary>
    /// <param name="handler">Gets what the charge point sends.</param>
    /// <param name="cancellationToken">Aborts the link.</param>
    public async Task<CloseReason> RunAsync(IOcppCallHandler handler, CancellationToken cancellationToken = default)
    {
        using var abortion = cancellationToken.UnsafeRegister(static state => ((OcppConnection)state!).Abort(), this);
        var incoming = new CallSequencer(_link, _outbound, handler);
        _liveness?.Register(this);
        var mustDrain = false;
        try
        {
            mustDrain = await ReadAsync(incoming, handler);
        }
        catch (Exception exception)
        {
            mustDrain = await EndAfterAsync(exception);
        }
        finally
        {
            _liveness?.Unregister(this);
            _calls.Close();
            _outbound.Close();
        }

        if (mustDrain && _link.Stream is { } stream)
        {
            await stream.DrainAsync(_link.Options.CloseTimeout);
        }

        _closeTimer?.Dispose();
        _link.Socket.Dispose();
        var reason = _link.Reason!;
        OcppjLog.LinkEnded(_link.Logger, Identity, reason.Kind, reason.Code, reason.Description);
        return reason;
    }

    /// <returns>Whether unread bytes may be left that would turn the end into a reset.</returns>
    private async Task<bool> ReadAsync(CallSequencer incoming, IOcppCallHandler handler)
    {
        var socket = _link.Socket;
        var limit = _link.Options.MaxFrameBytes;
        while (true)
        {
            if (!incoming.HasRoom || !_outbound.HasRoom)
            {
                await PauseAsync(incoming);
            }

            if (_pace.Pause(_link.Options, _link.Time) is var pause && pause > TimeSpan.Zero)
            {
                await SlowDownAsync(pause);
            }

            // Nothing is rented while nothing comes.
            var result = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
            var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
            var length = 0;
            CancellationTokenSource? overdue = null;
            try
            {
                while (result.MessageType == WebSocketMessageType.Text && !result.EndOfMessage && length <= limit)
                {
                    if (length == buffer.Length)
                    {
                        var size = Math.Min(buffer.Length * 2, limit + 1);
                        if (buffer.Length <= LargeMessages.SmallBuffer && size > LargeMessages.SmallBuffer && _link.Options.LargeMessages is { } large)
                        {
                            await EnterAsync(large);
                            overdue = new CancellationTokenSource(_link.Options.LargeMessageTime, _link.Time);
                        }

                        buffer = Grow(buffer, size);
                    }

                    var room = buffer.AsMemory(length, Math.Min(buffer.Length, limit + 1) - length);
                    result = await socket.ReceiveAsync(room, overdue?.Token ?? CancellationToken.None);
                    length += result.Count;
                }

                if (result.MessageType == WebSocketMessageType.Close)
                {
                    await EndAfterCloseFrameAsync();
                    return false;
                }

                if (length > limit)
                {
                    return await EndForViolationAsync(WebSocketCloseStatus.MessageTooBig, "The message is too long.");
                }

                if (result.MessageType == WebSocketMessageType.Binary)
                {
                    return await EndForViolationAsync(WebSocketCloseStatus.InvalidMessageType, "OCPP-J messages are text.");
                }

                if (Dispatch(incoming, handler, buffer, length))
                {
                    buffer = null;
                }
            }
            finally
            {
                overdue?.Dispose();
                if (buffer is not null)
                {
                    _link.Return(buffer);

                    // The waiting reader would keep a buffer alive that the pool has long given up.
                    buffer = null;
                }
            }
        }
    }

    private async Task EnterAsync(LargeMessages large)
    {
        if (large.TryEnter())
        {
            return;
        }

        IsPaused = true;
        OcppjMetrics.LargeMessagesWaited.Add(1);
        await large.EnterAsync();
        _link.Stream?.Touch();
        IsPaused = false;
    }

    private static byte[] Grow(byte[] buffer, int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private async Task PauseAsync(CallSequencer incoming)
    {
        IsPaused = true;
        await Task.WhenAny(incoming.WaitForRoomAsync(), _link.Ended);
        await _outbound.WaitForRoomAsync();
        _link.Stream?.Touch();
        IsPaused = false;
    }

    private async Task SlowDownAsync(TimeSpan pause)
    {
        IsPaused = true;
        _link.ReportHeldBack(pause);
        await Task.WhenAny(Task.Delay(pause, _link.Time), _link.Ended);
        _link.Stream?.Touch();
        IsPaused = false;
    }

    /// <returns>Whether the buffer is kept.</returns>
    private bool Dispatch(CallSequencer incoming, IOcppCallHandler handler, byte[] buffer, int length)
    {
        if (_link.Reason is not null)
        {
            return false;
        }

        Volatile.Write(ref _lastMessage, _link.Time.GetTimestamp());
        OcppjMetrics.FramesReceived.Add(1);
        _link.Options.Tap?.OnReceived(Identity, buffer.AsSpan(0, length));
        var frame = FrameParser.Parse(buffer.AsMemory(0, length), _link.Options);
        if (frame.Fault == FrameFault.None && frame.Type is RpcMessageTypes.CallResult or RpcMessageTypes.CallError && TryTakeAnswer(frame, handler))
        {
            return false;
        }

        _pace.Count(_link.Options, _link.Time);
        if (frame.Fault != FrameFault.None)
        {
            Refuse(frame);
            return false;
        }

        switch (frame.Type)
        {
            case RpcMessageTypes.Call or RpcMessageTypes.Send:
                return incoming.Accept(frame, buffer);
            case RpcMessageTypes.CallResultError:
                _link.ReportViolation("ResultRefused", "The charge point refused one of our results.");
                Report(handler, frame, static (handler, frame) =>
                    handler.OnResultRefused(JsonText.Unescape(frame.Id.Span), frame.ErrorCode!, frame.ErrorDescription!));
                return false;
            default:
                _link.ReportDropped("UnknownId", "An answer belongs to no open call.");
                return false;
        }
    }

    /// <returns>Whether it was the answer to a call of ours.</returns>
    private bool TryTakeAnswer(in Frame frame, IOcppCallHandler handler)
    {
        if (!_calls.TryAnswer(frame, out var late))
        {
            return false;
        }

        if (late is not null)
        {
            OcppjMetrics.LateAnswers.Add(1);
            OcppjLog.LateAnswer(_link.Logger, Identity, late.Action, late.Outcome.MessageId, late.After);
            Report(handler, late, static (handler, late) => handler.OnLateAnswer(late));
        }

        return true;
    }

    private void Report<T>(IOcppCallHandler handler, T what, Action<IOcppCallHandler, T> report)
    {
        try
        {
            report(handler, what);
        }
        catch (Exception exception)
        {
            OcppjLog.HandlerFailed(_link.Logger, exception, Identity, "an answer");
        }
    }

    /// <summary>Answers a bad message by CALLERROR, unless it is itself an answer or the version wants it ignored.</summary>
    private void Refuse(in Frame frame)
    {
        var isAnswer = frame.Type is not (RpcMessageTypes.Call or RpcMessageTypes.None);
        if (isAnswer || (frame.Fault == FrameFault.UnknownType && !_link.Options.AnswerUnknownMessageTypes))
        {
            _link.ReportDropped(frame.Fault.ToString(), frame.FaultText);
            return;
        }

        _link.ReportViolation(frame.Fault.ToString(), frame.FaultText);
        var codes = _link.Options.Codes;
        var code = frame.Fault switch
        {
            FrameFault.UnknownType => codes.MessageTypeNotSupported,
            FrameFault.PayloadNotObject => codes.FormatViolation,
            FrameFault.SurplusElements => codes.SurplusElements,
            _ => codes.RpcFrameworkError,
        };
        _outbound.TrySend(FrameWriter.CallError(frame.Id.Span, code, frame.FaultText!, default));
    }
}
