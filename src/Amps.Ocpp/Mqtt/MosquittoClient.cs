using System.Diagnostics.Metrics;
using Amps.Ocpp.Mqtt.Native;

namespace Amps.Ocpp.Mqtt;

/// <summary>
/// The link to the broker through Eclipse Mosquitto's client library, MQTT 5. The library's one thread does the network; what
/// it tells is handled by one loop here, which alone matches acknowledgements and hands out messages.
/// </summary>
internal sealed partial class MosquittoClient : BackgroundService, IMqttClient
{
    private const int KeepAliveSeconds = 15;
    private const int MaxWaiting = 4096;
    private const int LoopMilliseconds = 1000;
    private static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(200);
    private static readonly Meter s_meter = new("Amps.Ocpp.Mqtt");
    private static readonly Counter<long> s_published = s_meter.CreateCounter<long>("amps.mqtt.published_messages");
    private static readonly Counter<long> s_received = s_meter.CreateCounter<long>("amps.mqtt.received_messages");
    private static readonly Counter<long> s_connects = s_meter.CreateCounter<long>("amps.mqtt.connects");

    private readonly MqttOptions _options;
    private readonly ILogger<MosquittoClient> _logger;
    private readonly MosquittoEvents _events = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<int, TaskCompletionSource<MqttPublishResult>> _waiting = [];
    private readonly List<MqttSubscription> _subscriptions = [];
    private readonly ManualResetEventSlim _end = new();
    private readonly Thread _thread;
    private readonly nint _client;
    private volatile MqttConnectionState _state = MqttConnectionState.Disconnected;
    private bool _ended;

    /// <exception cref="MqttUnavailableException">The library is not installed.</exception>
    public MosquittoClient(MqttOptions options, ILogger<MosquittoClient> logger)
    {
        _options = options;
        _logger = logger;
        try
        {
            _ = LibMosquitto.Init();
        }
        catch (DllNotFoundException e)
        {
            throw new MqttUnavailableException("libmosquitto.so.1 is not installed (Debian package libmosquitto1)", e);
        }
        _client = LibMosquitto.New(options.ClientId, cleanStart: true, _events.Context);
        Configure();
        MosquittoEvents.Register(_client);
        _thread = new Thread(Loop) { IsBackground = true, Name = "mqtt" };
    }

    public MqttConnectionState State => _state;

    public event Action? Connected;

    public async ValueTask<MqttPublishResult> PublishAsync(
        string topic, ReadOnlyMemory<byte> payload, MqttPublishOptions options, CancellationToken cancellationToken)
    {
        TaskCompletionSource<MqttPublishResult>? waiter = null;
        lock (_gate)
        {
            if (_state != MqttConnectionState.Connected)
                return MqttPublishResult.NotConnected;
            if (_waiting.Count >= MaxWaiting)
                return MqttPublishResult.QueueFull;
            // The acknowledgement may be here before the call returns; its handler takes the same gate, so it finds the waiter.
            int mid = Send(topic, payload.Span, options);
            if (mid < 0)
                return MqttPublishResult.Failed;
            if (options.Qos != MqttQos.AtMostOnce)
                _waiting[mid] = waiter = new TaskCompletionSource<MqttPublishResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        s_published.Add(1);
        return waiter is null ? MqttPublishResult.Success : await waiter.Task.WaitAsync(cancellationToken);
    }

    public MqttSubscription Subscribe(string filter, MqttQos qos)
    {
        var subscription = new MqttSubscription(filter, qos, Remove);
        lock (_gate)
        {
            _subscriptions.Add(subscription);
            if (_state == MqttConnectionState.Connected)
                Send(subscription);
        }
        return subscription;
    }

    public override void Dispose()
    {
        End();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _thread.Start();
        try
        {
            await foreach (MosquittoEvent happened in _events.Reader.ReadAllAsync(stoppingToken))
                await HandleAsync(happened, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            End();
        }
    }

    /// <summary>
    /// The library's network loop. It comes back by itself from a lost connection, but not from a broker that was never there
    /// nor from a refusal, so it is entered again until the end.
    /// </summary>
    private void Loop()
    {
        do
        {
            if (LibMosquitto.Connect(_client, _options.Host, _options.Port, KeepAliveSeconds) == LibMosquitto.Success)
                _ = LibMosquitto.LoopForever(_client, LoopMilliseconds, 1);
        }
        while (!_end.Wait(ConnectPause));
    }

    private void Configure()
    {
        _ = LibMosquitto.SetThreaded(_client, true);
        _ = LibMosquitto.IntOption(_client, LibMosquitto.OptProtocolVersion, LibMosquitto.ProtocolV5);
        _ = LibMosquitto.IntOption(_client, LibMosquitto.OptTcpNoDelay, 1);
        _ = LibMosquitto.SetReconnectDelay(_client, 1, 10, exponential: true);
        if (_options.Username is not null)
            _ = LibMosquitto.SetCredentials(_client, _options.Username, _options.Password);
        if (_options.Tls)
            _ = LibMosquitto.IntOption(_client, LibMosquitto.OptTlsUseOsCerts, 1);
        if (_options.PresenceTopic is { } presence)
            SetWill(presence, "offline"u8);
    }

    private unsafe void SetWill(string topic, ReadOnlySpan<byte> payload)
    {
        fixed (byte* bytes = payload)
            _ = LibMosquitto.SetWill(_client, topic, payload.Length, bytes, (int)MqttQos.AtLeastOnce, retain: true);
    }

    /// <summary>The message id, or -1 when the library did not take it.</summary>
    private unsafe int Send(string topic, ReadOnlySpan<byte> payload, MqttPublishOptions options)
    {
        int mid = 0;
        fixed (byte* bytes = payload)
        {
            int code = LibMosquitto.Publish(_client, &mid, topic, payload.Length, bytes, (int)options.Qos, options.Retain, 0);
            return code == LibMosquitto.Success ? mid : -1;
        }
    }

    private unsafe void Send(MqttSubscription subscription)
    {
        int mid = 0;
        if (LibMosquitto.Subscribe(_client, &mid, subscription.Filter, (int)subscription.Qos, 0, 0) != LibMosquitto.Success)
            LogNotSubscribed(subscription.Filter);
    }

    private async ValueTask HandleAsync(MosquittoEvent happened, CancellationToken stoppingToken)
    {
        switch (happened)
        {
            case MessageEvent arrived:
                s_received.Add(1);
                await HandOutAsync(arrived.Message, stoppingToken);
                break;
            case PublishedEvent published:
                Complete(published);
                break;
            case ConnectEvent { ReasonCode: 0 }:
                OnConnected();
                break;
            case ConnectEvent refused:
                LogRefused(_options.Host, _options.Port, refused.ReasonCode);
                break;
            case DisconnectEvent lost:
                OnDisconnected(lost.Code);
                break;
        }
    }

    private async ValueTask HandOutAsync(MqttMessage message, CancellationToken stoppingToken)
    {
        MqttSubscription[] subscriptions;
        lock (_gate)
            subscriptions = [.. _subscriptions.Where(subscription => TopicFilter.Matches(subscription.Filter, message.Topic))];
        foreach (MqttSubscription subscription in subscriptions)
        {
            if (subscription.Channel.Writer.TryWrite(message))
                continue;
            try
            {
                await subscription.Channel.Writer.WriteAsync(message, stoppingToken);
            }
            catch (System.Threading.Channels.ChannelClosedException)
            {
                // Ended meanwhile.
            }
        }
    }

    private void Complete(PublishedEvent published)
    {
        TaskCompletionSource<MqttPublishResult>? waiter;
        lock (_gate)
            _waiting.Remove(published.Mid, out waiter);
        waiter?.TrySetResult(published.ReasonCode switch
        {
            LibMosquitto.ReasonNoMatchingSubscribers => MqttPublishResult.NoMatchingSubscribers,
            < LibMosquitto.FirstFailureReason => MqttPublishResult.Success,
            _ => MqttPublishResult.Failed,
        });
    }

    private void OnConnected()
    {
        s_connects.Add(1);
        lock (_gate)
        {
            foreach (MqttSubscription subscription in _subscriptions)
                Send(subscription);
            _state = MqttConnectionState.Connected;
        }
        if (_options.PresenceTopic is { } presence)
            Send(presence, "online"u8, MqttPublishOptions.Retained);
        LogConnected(_options.Host, _options.Port);
        Connected?.Invoke();
    }

    private void OnDisconnected(int code)
    {
        List<TaskCompletionSource<MqttPublishResult>> lost;
        lock (_gate)
        {
            if (_state == MqttConnectionState.Connected)
                LogLost(_options.Host, _options.Port, code);
            _state = MqttConnectionState.Disconnected;
            lost = [.. _waiting.Values];
            _waiting.Clear();
        }
        foreach (TaskCompletionSource<MqttPublishResult> waiter in lost)
            waiter.TrySetResult(MqttPublishResult.Failed);
    }

    private unsafe void Remove(MqttSubscription subscription)
    {
        lock (_gate)
        {
            _subscriptions.Remove(subscription);
            if (_ended || _state != MqttConnectionState.Connected || _subscriptions.Exists(other => other.Filter == subscription.Filter))
                return;
            int mid = 0;
            _ = LibMosquitto.Unsubscribe(_client, &mid, subscription.Filter);
        }
    }

    /// <summary>Says goodbye, ends the library's thread, then frees what it used.</summary>
    private void End()
    {
        lock (_gate)
        {
            if (_ended)
                return;
            _ended = true;
            if (_state == MqttConnectionState.Connected && _options.PresenceTopic is { } presence)
                Send(presence, "offline"u8, MqttPublishOptions.Retained);
            _state = MqttConnectionState.Disconnected;
        }
        OnDisconnected(0);
        _events.Complete();
        _end.Set();
        _ = LibMosquitto.Disconnect(_client);
        if (_thread.IsAlive)
            _thread.Join();
        LibMosquitto.Destroy(_client);
        _end.Dispose();
        _events.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "MQTT connected to {Host}:{Port}")]
    private partial void LogConnected(string host, int port);

    [LoggerMessage(Level = LogLevel.Warning, Message = "MQTT connection to {Host}:{Port} lost, code {Code}; trying again")]
    private partial void LogLost(string host, int port, int code);

    [LoggerMessage(Level = LogLevel.Warning, Message = "MQTT broker {Host}:{Port} refused the connection, reason {Reason}; trying again")]
    private partial void LogRefused(string host, int port, int reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "MQTT subscription to {Filter} was not sent")]
    private partial void LogNotSubscribed(string filter);
}
