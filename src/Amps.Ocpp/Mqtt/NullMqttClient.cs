using System.Threading.Channels;

namespace Amps.Ocpp.Mqtt;

/// <summary>Mode <c>Off</c>: nothing is sent, nothing arrives, no hook runs.</summary>
public sealed class NullMqttClient : IMqttClient
{
    public MqttConnectionState State => MqttConnectionState.Off;

    public string? LastError => null;

    public event EventHandler<MqttStateChangedEventArgs>? StateChanged
    {
        add { }
        remove { }
    }

    public void Start()
    {
    }

    public ValueTask<MqttPublishResult> PublishAsync(string topic, ReadOnlyMemory<byte> payload, MqttPublishOptions options, CancellationToken cancellationToken = default)
    {
        MqttTopics.ThrowIfNotPublishable(topic);
        return ValueTask.FromResult(MqttPublishResult.NotConnected);
    }

    public IMqttSubscription Subscribe(string filter, MqttQos qos, ChannelWriter<MqttMessage> messages)
    {
        MqttTopics.ThrowIfNotFilter(filter);
        return new NullSubscription(filter);
    }

    public IDisposable OnConnected(Func<CancellationToken, ValueTask> hook) => new NullHook();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class NullHook : IDisposable
    {
        public void Dispose()
        {
        }
    }

    private sealed class NullSubscription(string filter) : IMqttSubscription
    {
        private readonly TaskCompletionSource<bool> _never = new();

        public string Filter => filter;

        public Task<bool> Acknowledged => _never.Task;

        public bool Granted => false;

        public long Dropped => 0;

        public ValueTask DisposeAsync()
        {
            _never.TrySetCanceled();
            return ValueTask.CompletedTask;
        }
    }
}
