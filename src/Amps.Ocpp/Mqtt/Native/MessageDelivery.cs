using System.Diagnostics;

namespace Amps.Ocpp.Mqtt.Native;

/// <summary>
/// From the network thread into the callers' channels. What a full channel does not take is held here, in order, and nothing more is
/// read from the broker until it is gone: so the burst waits at the broker, not in our memory. Network thread only.
/// </summary>
internal sealed class MessageDelivery(SubscriptionTable subscriptions, TimeSpan stallLimit, WakeUp wakeUp, ILogger logger)
{
    private readonly Queue<(MosquittoSubscription To, MqttMessage Message)> _held = [];
    private readonly List<MosquittoSubscription> _receivers = [];
    private long _heldSince;
    private Task? _room;

    public bool IsHolding => _held.Count > 0;

    public void Deliver(MqttMessage message, bool tooLarge)
    {
        MqttMetrics.Received.Add(1);
        _receivers.Clear();
        subscriptions.Find(message.Topic, _receivers);
        foreach (var receiver in _receivers)
        {
            if (tooLarge)
                receiver.Drop();
            else if (IsHolding || !TryDeliver(receiver, message))
                HoldOrDrop(receiver, message);
        }
    }

    public void Retry()
    {
        while (_held.TryPeek(out var next))
        {
            if (!next.To.IsDisposed && !TryDeliver(next.To, next.Message))
            {
                if (!next.To.IsOverflowing)
                {
                    if (Stopwatch.GetElapsedTime(_heldSince) < stallLimit)
                        return;
                    next.To.IsOverflowing = true;
                    MqttLog.ChannelFull(logger, next.To.Filter, stallLimit);
                }
                next.To.Drop();
            }
            _held.Dequeue();
            _heldSince = Stopwatch.GetTimestamp();
        }
    }

    private void HoldOrDrop(MosquittoSubscription receiver, MqttMessage message)
    {
        if (receiver.IsOverflowing)
        {
            if (!TryDeliver(receiver, message))
                receiver.Drop();
            return;
        }
        if (!IsHolding)
            _heldSince = Stopwatch.GetTimestamp();
        _held.Enqueue((receiver, message));
    }

    private bool TryDeliver(MosquittoSubscription receiver, MqttMessage message)
    {
        try
        {
            if (receiver.Messages.TryWrite(message))
            {
                receiver.IsOverflowing = false;
                return true;
            }
            return !receiver.IsOverflowing && IsClosed(receiver);
        }
        catch (Exception exception)
        {
            // The writer is the caller's: whatever it throws must not end the link of all others.
            MqttLog.ChannelFailed(logger, receiver.Filter, exception);
            return true;
        }
    }

    private bool IsClosed(MosquittoSubscription receiver)
    {
        if (_room is { IsCompleted: false })
            return false;
        var room = receiver.Messages.WaitToWriteAsync();
        if (room.IsCompleted)
            return !room.IsCompletedSuccessfully || !room.Result;
        _room = room.AsTask();
        _ = _room.ContinueWith(static (_, signal) => ((WakeUp)signal!).Signal(), wakeUp, TaskScheduler.Default);
        return false;
    }
}
