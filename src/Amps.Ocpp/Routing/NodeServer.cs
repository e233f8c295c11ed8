using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Mqtt;

namespace Amps.Ocpp.Routing;

/// <summary>
/// The answering side: while this node holds a charge point's link it listens on that charge point's topic, and on no other, so that the
/// broker itself tells the others when nobody does. A request that arrives again is answered again and not carried out again.
/// </summary>
public sealed partial class NodeServer(IMqttClient mqtt, RequestRunner runner, RoutingOptions options, TimeProvider time, ILogger<NodeServer> logger)
    : BackgroundService, IChargerObserver
{
    private const int Waiting = 4096;

    private readonly ConcurrentDictionary<string, Listening> _topics = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Guid, Handling> _handled = new();
    private readonly Queue<(Guid Id, long At)> _toForget = new();
    private readonly Channel<MqttMessage> _messages = Channel.CreateBounded<MqttMessage>(new BoundedChannelOptions(Waiting) { SingleReader = true });

    private sealed record Listening(ChargePoint ChargePoint, IMqttSubscription Subscription);

    private sealed class Handling : IDisposable
    {
        public CancellationTokenSource Cancellation { get; } = new();

        public volatile byte[]? Answer;

        public void Dispose() => Cancellation.Dispose();
    }

    private bool Enabled => options.Shared && mqtt.State != MqttConnectionState.Off;

    /// <summary>Called by the charge point's own loop, so comings and goings of one are in order.</summary>
    public void OnLinkChanged(Charger charger)
    {
        if (!Enabled)
            return;
        ChargePoint chargePoint = charger.ChargePoint;
        string topic = options.CommandTopic(chargePoint.Id);
        if (chargePoint.IsOnline)
        {
            if (!_topics.ContainsKey(topic))
                _topics[topic] = new Listening(chargePoint, mqtt.Subscribe(topic, MqttQos.AtLeastOnce, _messages));
        }
        else if (_topics.TryRemove(topic, out Listening? ended))
        {
            _ = ended.Subscription.DisposeAsync().AsTask();
        }
    }

    public void OnStateChanged(Charger charger, bool meterOnly)
    {
        // Only links count here.
    }

    public void OnNotice(ChargerNotice notice)
    {
        // Only links count here.
    }

    public void OnDeviceRemoved(DeviceId device)
    {
        // Its link ends, and that is told.
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (MqttMessage message in _messages.Reader.ReadAllAsync(stoppingToken))
                Take(message);
        }
        catch (OperationCanceledException)
        {
            // Whoever asks from now on is told by the broker that nobody listens, or waits in vain.
        }
    }

    private void Take(MqttMessage message)
    {
        if (message.Retained || message.ResponseTopic is not { } answerTopic || message.CorrelationData.Length != 16
            || !_topics.TryGetValue(message.Topic, out Listening? listening) || Read(message.Payload.Span) is not { } request)
        {
            return;
        }
        var id = new Guid(message.CorrelationData.Span);
        var mine = new Handling();
        Handling handling = _handled.GetOrAdd(id, mine);
        if (request.Kind == NodeRequestKind.Cancel)
        {
            handling.Cancellation.Cancel();
            return;
        }
        if (handling != mine)
        {
            mine.Dispose();
            Send(answerTopic, id, handling.Answer ?? Bytes(new NodeAnswer { Begun = true }));
            return;
        }
        Forget(id);
        _ = RunAsync(listening.ChargePoint, request, id, handling, answerTopic);
    }

    private async Task RunAsync(ChargePoint chargePoint, NodeRequest request, Guid id, Handling handling, string answerTopic)
    {
        NodeAnswer answer;
        try
        {
            if (handling.Cancellation.IsCancellationRequested || !chargePoint.IsOnline || chargePoint.Generation < request.Generation || time.GetUtcNow() > request.BeginBefore)
            {
                answer = new NodeAnswer { Offline = true };
            }
            else
            {
                Send(answerTopic, id, Bytes(new NodeAnswer { Begun = true }));
                answer = await runner.RunAsync(chargePoint, request, handling.Cancellation.Token);
            }
        }
        catch (OperationCanceledException)
        {
            answer = new NodeAnswer { Outcome = CommandOutcome.Failed(ErrorCodes.ChargerTimeout, "The command was given up.", unknown: true) };
        }
        catch (Exception e)
        {
            LogFailed(e, request.Kind, chargePoint.Id);
            answer = new NodeAnswer { Outcome = CommandOutcome.Failed(ErrorCodes.InternalError, "The command could not be carried out.", unknown: true) };
        }
        Send(answerTopic, id, handling.Answer = Bytes(answer));
    }

    private static byte[] Bytes(NodeAnswer answer) => JsonSerializer.SerializeToUtf8Bytes(answer, NodeJson.Default.NodeAnswer);

    // An answer that gets lost is asked for again.
    private void Send(string topic, Guid id, byte[] answer) =>
        _ = mqtt.PublishAsync(topic, answer, new MqttPublishOptions { CorrelationData = id.ToByteArray() }).AsTask();

    private void Forget(Guid id)
    {
        _toForget.Enqueue((id, time.GetTimestamp()));
        while (_toForget.TryPeek(out (Guid Id, long At) oldest) && time.GetElapsedTime(oldest.At) > options.RememberFor)
        {
            _toForget.Dequeue();
            _handled.TryRemove(oldest.Id, out _);
        }
    }

    private static NodeRequest? Read(ReadOnlySpan<byte> payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, NodeJson.Default.NodeRequest) is { Version: NodeRequest.CurrentVersion } request ? request : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The request {Kind} of another node for charge point {ChargePointId} failed")]
    private partial void LogFailed(Exception exception, NodeRequestKind kind, ChargePointId chargePointId);
}
