using System.Threading.Channels;

namespace Amps.Ocpp.Mqtt.Native;

/// <summary>The broker link over Eclipse Mosquitto's client library, with one network thread.</summary>
public sealed class MosquittoClient : IMqttClient
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly WakeUp _wakeUp = new();
    private readonly PublishTable _publishes;
    private readonly SubscriptionTable _subscriptions;
    private readonly ConnectionHooks _hooks;
    private readonly NetworkThread _network;
    private MosquittoLink? _link;
    private volatile string? _linkError = "Not started.";
    private volatile MqttConnectionState _state = MqttConnectionState.Disconnected;

    /// <exception cref="DllNotFoundException">libmosquitto is not installed; the message names the package.</exception>
    public MosquittoClient(MqttOptions options, MqttLastWill? lastWill, ILogger<MosquittoClient> logger)
    {
        MosquittoLibrary.Require();
        _publishes = new PublishTable(_gate, options.MaxInFlight);
        _subscriptions = new SubscriptionTable(_gate, _wakeUp);
        _hooks = new ConnectionHooks(state => StateChanged?.Invoke(this, new(state)), logger);
        _network = new NetworkThread(options, lastWill, _publishes, _subscriptions, _wakeUp, logger)
        {
            Attached = Attach,
            Detached = Detach,
        };
    }

    public event EventHandler<MqttStateChangedEventArgs>? StateChanged;

    public MqttConnectionState State => _state;

    public string? LastError => _linkError
        ?? (_subscriptions.RefusedFilter is { } refused ? $"The broker refuses the subscription to {refused}." : null);

    public void Start() => _network.Start();

    public ValueTask<MqttPublishResult> PublishAsync(string topic, ReadOnlyMemory<byte> payload, MqttPublishOptions options, CancellationToken cancellationToken = default)
    {
        MqttTopics.ThrowIfNotPublishable(topic);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<MqttPublishResult>(cancellationToken);
        PublishWaiter waiter;
        lock (_gate)
        {
            if (_link is null)
                return ValueTask.FromResult(MqttPublishResult.NotConnected);
            if (_publishes.IsFull)
            {
                MqttMetrics.Dropped.Add(1);
                return ValueTask.FromResult(MqttPublishResult.QueueFull);
            }
            var result = _link.Publish(topic, payload.Span, options, out var messageId);
            if (result != LibMosquitto.Success)
                return ValueTask.FromResult(ResultOf(result));
            waiter = _publishes.Add(messageId);
        }
        _wakeUp.Signal();
        MqttMetrics.Published.Add(1);
        return waiter.AsValueTask(cancellationToken);
    }

    public IMqttSubscription Subscribe(string filter, MqttQos qos, ChannelWriter<MqttMessage> messages)
    {
        MqttTopics.ThrowIfNotFilter(filter);
        return _subscriptions.Add(filter, qos, messages);
    }

    public IDisposable OnConnected(Func<CancellationToken, ValueTask> hook) => _hooks.Add(hook);

    /// <summary>Sends what still waits, says good-bye to the broker, which then publishes the last will, and ends the network thread.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAny(_network.StopAsync(), Task.Delay(StopLimit));
        await _hooks.DisposeAsync();
    }

    private static MqttPublishResult ResultOf(int error) => error switch
    {
        LibMosquitto.NoConnection => MqttPublishResult.NotConnected,
        LibMosquitto.OversizePacket => MqttPublishResult.Refused,
        _ => MqttPublishResult.Failed,
    };

    private void Attach(MosquittoLink link)
    {
        lock (_gate)
        {
            _subscriptions.Attach(link);
            _link = link;
        }
        _linkError = null;
        SetState(MqttConnectionState.Connected);
    }

    private void Detach(string reason)
    {
        lock (_gate)
        {
            _link = null;
            _subscriptions.Detach();
        }
        _linkError = reason;
        _publishes.FailAll();
        SetState(MqttConnectionState.Disconnected);
    }

    private void SetState(MqttConnectionState state)
    {
        if (_state == state)
            return;
        _state = state;
        _hooks.Post(state);
    }
}
