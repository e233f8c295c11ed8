using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using Amps.Ocpp.Model;
using Amps.Ocpp.Mqtt;

namespace Amps.Ocpp.Routing;

/// <summary>Tells the other nodes whose actions moved on and which were replaced, and hears it from them. Many are told together.</summary>
public sealed class ActionBell(IMqttClient mqtt, RoutingOptions options) : BackgroundService
{
    private const int Together = 256;
    private const int Waiting = 4096;

    private readonly Channel<(DeviceId Device, ActionId? Replaced)> _toTell = Channel.CreateBounded<(DeviceId, ActionId?)>(
        new BoundedChannelOptions(100_000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly Channel<MqttMessage> _told = Channel.CreateBounded<MqttMessage>(
        new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private string Topic => $"{options.TopicPrefix}/nodes/actions-changed";

    private bool Enabled => options.Shared && mqtt.State != MqttConnectionState.Off;

    /// <summary>Called for each device whose actions another node moved on, with the one it replaced, if it did.</summary>
    public Action<DeviceId, ActionId?>? Heard { get; set; }

    public void Ring(DeviceId device, ActionId? replaced = null)
    {
        if (Enabled)
            _toTell.Writer.TryWrite((device, replaced));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!Enabled)
            return;
        await using IMqttSubscription subscription = mqtt.Subscribe(Topic, MqttQos.AtLeastOnce, _told);
        try
        {
            await Task.WhenAll(TellAsync(stoppingToken), HearAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The service is going down.
        }
    }

    private async Task TellAsync(CancellationToken stoppingToken)
    {
        var changes = new List<ActionChange>(Together);
        while (await _toTell.Reader.WaitToReadAsync(stoppingToken))
        {
            while (changes.Count < Together && _toTell.Reader.TryRead(out (DeviceId Device, ActionId? Replaced) next))
                changes.Add(new ActionChange(next.Device.Value, next.Replaced?.Value));
            byte[] payload = JsonSerializer.SerializeToUtf8Bytes(new ActionChanges(options.NodeId, changes), ActionBellJson.Default.ActionChanges);
            await mqtt.PublishAsync(Topic, payload, MqttPublishOptions.Default, stoppingToken);
            changes.Clear();
        }
    }

    private async Task HearAsync(CancellationToken stoppingToken)
    {
        await foreach (MqttMessage message in _told.Reader.ReadAllAsync(stoppingToken))
        {
            if (Read(message.Payload.Span) is not { } changes || changes.Node == options.NodeId)
                continue;
            foreach (ActionChange change in changes.Changes)
                Heard?.Invoke(new DeviceId(change.Device), change.Replaced is { } replaced ? new ActionId(replaced) : null);
        }
    }

    private static ActionChanges? Read(ReadOnlySpan<byte> payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, ActionBellJson.Default.ActionChanges);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

internal sealed record ActionChange(string Device, string? Replaced);

internal sealed record ActionChanges(string Node, IReadOnlyList<ActionChange> Changes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ActionChanges))]
internal sealed partial class ActionBellJson : JsonSerializerContext;
