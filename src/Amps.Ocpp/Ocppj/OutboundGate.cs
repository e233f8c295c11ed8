using System.Net.WebSockets;

using Amps.Ocpp.Ocppj.Diagnostics;
using Amps.Ocpp.Ocppj.Framing;
using Amps.Ocpp.Ocppj.Link;

namespace Amps.Ocpp.Ocppj;

/// <summary>
/// The one way out of a link: messages leave whole and in the order they were handed in, without a lock held and without a
/// task while the network takes them at once.
/// </summary>
internal sealed class OutboundGate(LinkContext link)
{
    private const int MaxWaitingFrames = 64;
    private const int MaxWaitingBytes = 512 * 1024;

    private readonly Lock _gate = new();
    private Queue<PooledFrame>? _waiting;
    private int _waitingBytes;
    private TaskCompletionSource? _room;
    private bool _sending;
    private bool _closed;

    /// <summary>False while so much waits to be sent that no more should be provoked by reading.</summary>
    public bool HasRoom => _waitingBytes < MaxWaitingBytes && (_waiting?.Count ?? 0) < MaxWaitingFrames;

    /// <summary>Takes over the frame. False: the link has ended, and the frame is gone.</summary>
    public bool TrySend(PooledFrame frame)
    {
        lock (_gate)
        {
            if (_closed)
            {
                frame.Return();
                return false;
            }

            if (_sending)
            {
                (_waiting ??= new Queue<PooledFrame>()).Enqueue(frame);
                _waitingBytes += frame.Length;
                return true;
            }

            _sending = true;
        }

        SendAll(frame);
        return true;
    }

    /// <summary>Ends when there is room again, or the link has ended.</summary>
    public Task WaitForRoomAsync()
    {
        lock (_gate)
        {
            if (HasRoom || _closed)
            {
                return Task.CompletedTask;
            }

            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    /// <summary>Drops what waits; nothing is taken afterwards.</summary>
    public void Close()
    {
        TaskCompletionSource? room;
        lock (_gate)
        {
            _closed = true;
            while (_waiting is not null && _waiting.TryDequeue(out var frame))
            {
                frame.Return();
            }

            _waitingBytes = 0;
            room = _room;
            _room = null;
        }

        room?.TrySetResult();
    }

    private void SendAll(PooledFrame frame)
    {
        do
        {
            ValueTask sending;
            try
            {
                link.Options.Tap?.OnSending(link.Identity, frame.Memory.Span);
                sending = link.Socket.SendAsync(frame.Memory, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
                if (!sending.IsCompleted)
                {
                    _ = SendRestAsync(sending, frame);
                    return;
                }

                sending.GetAwaiter().GetResult();
            }
            catch (Exception exception)
            {
                frame.Return();
                Fail(exception);
                return;
            }

            OcppjMetrics.FramesSent.Add(1);
            frame.Return();
        }
        while (TryTakeNext(out frame));
    }

    private async Task SendRestAsync(ValueTask sending, PooledFrame frame)
    {
        var timer = link.Time.CreateTimer(
            static state => ((OutboundGate)state!).Stall(), this, link.Options.SendTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            await sending;
        }
        catch (Exception exception)
        {
            Fail(exception);
            return;
        }
        finally
        {
            await timer.DisposeAsync();
            frame.Return();
        }

        OcppjMetrics.FramesSent.Add(1);
        if (TryTakeNext(out frame))
        {
            SendAll(frame);
        }
    }

    private void Stall() => link.Drop(CloseKind.SendStalled, "A message was not taken in time.");

    /// <summary>A closed gate may still have a message on its way into a socket that no longer takes any.</summary>
    private void Fail(Exception exception)
    {
        if (!_closed)
        {
            link.Drop(CloseKind.ConnectionLost, exception.Message);
        }
    }

    private bool TryTakeNext(out PooledFrame frame)
    {
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            frame = default;
            if (_waiting is null || !_waiting.TryDequeue(out frame))
            {
                _sending = false;
                return false;
            }

            _waitingBytes -= frame.Length;
            if (_room is not null && HasRoom)
            {
                (room, _room) = (_room, null);
            }
        }

        room?.TrySetResult();
        return true;
    }
}
