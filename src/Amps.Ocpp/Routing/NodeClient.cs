using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Amps.Ocpp.Model;
using Amps.Ocpp.Mqtt;

namespace Amps.Ocpp.Routing;

/// <summary>How a request to another node ended without an answer.</summary>
internal enum NodeSilence
{
    /// <summary>Nothing reached any node.</summary>
    NotSent,

    /// <summary>It may have been begun, and nobody told how it ended.</summary>
    Unknown,
}

/// <summary>
/// The asking side: MQTT 5 request and response on the charge point's own topic (clause 4.10). A request without an answer is sent
/// again under the same correlation data, by which its receiver knows it, so that a lost message or a restarted broker costs
/// time and not the answer.
/// </summary>
public sealed class NodeClient(IMqttClient mqtt, RoutingOptions options, TimeProvider time) : BackgroundService
{
    private const uint ExpirySeconds = 10;
    private const int Waiting = 4096;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<Guid, Waiter> _waiting = new();

    private sealed class Waiter
    {
        public TaskCompletionSource<NodeAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public volatile bool Begun;
    }

    /// <summary>Whether other nodes can be reached at all.</summary>
    public bool Enabled => options.Shared && mqtt.State != MqttConnectionState.Off;

    /// <summary>Asks whoever holds the charge point; returns an answer or how there was none.</summary>
    /// <param name="chargePoint">Whose topic.</param>
    /// <param name="request">What; its <see cref="NodeRequest.BeginBefore"/> is set here.</param>
    /// <param name="limit">How long what is asked may take at the holder.</param>
    /// <param name="heldStill">Whether that link is still in force as far as is known here.</param>
    internal async Task<(NodeAnswer? Answer, NodeSilence Silence)> AskAsync(
        ChargePointId chargePoint, NodeRequest request, TimeSpan limit, Func<bool> heldStill, CancellationToken cancellationToken)
    {
        var id = Guid.NewGuid();
        var waiter = new Waiter();
        _waiting[id] = waiter;
        byte[] payload = JsonSerializer.SerializeToUtf8Bytes(request with { BeginBefore = time.GetUtcNow() + options.BeginLimit }, NodeJson.Default.NodeRequest);
        var publish = new MqttPublishOptions { ResponseTopic = options.AnswerTopic, CorrelationData = id.ToByteArray(), MessageExpirySeconds = ExpirySeconds };
        string topic = options.CommandTopic(chargePoint);
        bool sent = false;
        long start = time.GetTimestamp();
        try
        {
            while (true)
            {
                MqttPublishResult result = await mqtt.PublishAsync(topic, payload, publish, cancellationToken);
                if (result == MqttPublishResult.NoMatchingSubscribers && !sent)
                    return (null, NodeSilence.NotSent);
                sent |= result is MqttPublishResult.Success or MqttPublishResult.Failed;
                TimeSpan wait = sent ? options.RepeatAfter : Pause;
                Task first = await Task.WhenAny(waiter.Answer.Task, Task.Delay(wait, time, cancellationToken));
                if (first == waiter.Answer.Task)
                    return (await waiter.Answer.Task, default);
                await first;
                TimeSpan gone = time.GetElapsedTime(start);
                bool inVain = !waiter.Begun && gone > options.BeginLimit + wait;
                if (inVain || gone > limit + options.WayLimit || (sent && !heldStill() && mqtt.State == MqttConnectionState.Connected))
                    return (null, sent ? NodeSilence.Unknown : NodeSilence.NotSent);
            }
        }
        catch (OperationCanceledException) when (sent && request.Kind == NodeRequestKind.Command)
        {
            await mqtt.PublishAsync(
                topic, JsonSerializer.SerializeToUtf8Bytes(new NodeRequest { Kind = NodeRequestKind.Cancel }, NodeJson.Default.NodeRequest), publish, CancellationToken.None);
            throw;
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!Enabled)
            return;
        var messages = Channel.CreateBounded<MqttMessage>(new BoundedChannelOptions(Waiting) { SingleReader = true });
        await using IMqttSubscription subscription = mqtt.Subscribe(options.AnswerTopic, MqttQos.AtLeastOnce, messages);
        try
        {
            await foreach (MqttMessage message in messages.Reader.ReadAllAsync(stoppingToken))
                Take(message);
        }
        catch (OperationCanceledException)
        {
            // The service is going down.
        }
    }

    private void Take(MqttMessage message)
    {
        if (message.CorrelationData.Length != 16 || !_waiting.TryGetValue(new Guid(message.CorrelationData.Span), out Waiter? waiter))
            return;
        NodeAnswer? answer = Read(message.Payload.Span);
        if (answer is { Begun: true })
            waiter.Begun = true;
        else if (answer is not null)
            waiter.Answer.TrySetResult(answer);
    }

    private static NodeAnswer? Read(ReadOnlySpan<byte> payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, NodeJson.Default.NodeAnswer) is { Version: NodeRequest.CurrentVersion } answer ? answer : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
