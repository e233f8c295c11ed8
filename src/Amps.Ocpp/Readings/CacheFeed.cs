using System.Threading.Channels;
using Amps.Ocpp.Mqtt;

namespace Amps.Ocpp.Readings;

/// <summary>
/// Feeds the cache from the broker: states and links of all chargers, presence of all nodes. Subscribed with QoS 0, because a broker may hold back
/// retained messages of a QoS 1 subscription beyond its limits without a word (faults M13); what a dropped link loses comes
/// again as retained messages.
/// </summary>
public sealed class CacheFeed(IMqttClient mqtt, SnapshotCache cache, ReadingsOptions options) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.WhenAll(
            FollowAsync("ev-chargers/+/state", cache.PutState, stoppingToken),
            FollowAsync("ev-chargers/+/link", cache.PutLink, stoppingToken),
            FollowAsync("sandbox/+/ev-chargers/+/state", cache.PutState, stoppingToken),
            FollowAsync("sandbox/+/ev-chargers/+/link", cache.PutLink, stoppingToken),
            FollowAsync("nodes/+/status", cache.PutNode, stoppingToken));
    }

    private const int Waiting = 16_384;

    private delegate void Put(string levels, ReadOnlySpan<byte> payload);

    /// <summary>Gives the levels between prefix and leaf, with the payload, to whom they belong.</summary>
    private async Task FollowAsync(string filter, Put put, CancellationToken stoppingToken)
    {
        string prefix = $"{options.TopicPrefix}/";
        int leaf = filter.Length - filter.LastIndexOf('/');
        var messages = Channel.CreateBounded<MqttMessage>(new BoundedChannelOptions(Waiting) { SingleReader = true });
        await using IMqttSubscription subscription = mqtt.Subscribe(prefix + filter, MqttQos.AtMostOnce, messages);
        try
        {
            await foreach (MqttMessage message in messages.Reader.ReadAllAsync(stoppingToken))
                put(message.Topic[prefix.Length..^leaf], message.Payload.Span);
        }
        catch (OperationCanceledException)
        {
            // The service is going down.
        }
    }
}
