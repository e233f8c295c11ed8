using System.Threading.Channels;

namespace Amps.Ocpp.Mqtt.Native;

/// <summary>One caller's interest in a filter.</summary>
internal sealed class MosquittoSubscription(SubscriptionTable table, SubscribedFilter filter, ChannelWriter<MqttMessage> messages) : IMqttSubscription
{
    private readonly TaskCompletionSource<bool> _acknowledged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _dropped;
    private volatile bool _disposed;

    public string Filter => filter.Filter;

    public Task<bool> Acknowledged => _acknowledged.Task;

    public bool Granted => filter.Granted && !_disposed;

    public long Dropped => Interlocked.Read(ref _dropped);

    public SubscribedFilter Of => filter;

    public ChannelWriter<MqttMessage> Messages => messages;

    public bool IsDisposed => _disposed;

    /// <summary>The channel was full for too long: messages are dropped until it takes one again. Network thread only.</summary>
    public bool IsOverflowing { get; set; }

    public void Answer(bool granted) => _acknowledged.TrySetResult(granted);

    public void Drop()
    {
        Interlocked.Increment(ref _dropped);
        MqttMetrics.Dropped.Add(1);
    }

    public ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            table.Remove(this);
            _acknowledged.TrySetCanceled();
        }
        return ValueTask.CompletedTask;
    }
}
