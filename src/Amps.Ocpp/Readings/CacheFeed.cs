using System.Threading.Channels;
using Amps.Ocpp.Mqtt;

namespace Amps.Ocpp.Readings;

/// <summary>
/// Feeds the cache from the broker: states and links of all chargers, presence of all nodes. Subscribed with QoS 0, because a broker may hold back
/// retained messages of a QoS 1 subscription beyond its limits without a word (faults M13); what a dropped link loses comes
/// again as retained messages.
/// </summary>
public sealed class CacheFeed(IMqttClient mqtt, SnapshotCache cache, CacheLoad load, ReadingsOptions options) : BackgroundService
{
    private const int Waiting = 16_384;
    private static readonly MqttMessage s_mark = new() { Topic = "" };
    private static readonly TimeSpan s_markLimit = TimeSpan.FromSeconds(2);

    private delegate void Put(string levels, ReadOnlySpan<byte> payload);

    /// <summary>A subscription that feeds the cache.</summary>
    private sealed record Feed(Channel<MqttMessage> Messages, IMqttSubscription Subscription, TaskCompletionSource Marked);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<Feed> feeds = [];
        await Task.WhenAll(
            FollowAsync("ev-chargers/+/state", cache.PutState, feeds, stoppingToken),
            FollowAsync("ev-chargers/+/link", cache.PutLink, feeds, stoppingToken),
            FollowAsync("sandbox/+/ev-chargers/+/state", cache.PutState, feeds, stoppingToken),
            FollowAsync("sandbox/+/ev-chargers/+/link", cache.PutLink, feeds, stoppingToken),
            FollowAsync("nodes/+/status", cache.PutNode, feeds, stoppingToken),
            MarkAsync(feeds, stoppingToken));
    }

    /// <summary>Gives the levels between prefix and leaf, with the payload, to whom they belong.</summary>
    private async Task FollowAsync(string filter, Put put, List<Feed> feeds, CancellationToken stoppingToken)
    {
        string prefix = $"{options.TopicPrefix}/";
        int leaf = filter.Length - filter.LastIndexOf('/');
        var messages = Channel.CreateBounded<MqttMessage>(new BoundedChannelOptions(Waiting) { SingleReader = true });
        await using IMqttSubscription subscription = mqtt.Subscribe(prefix + filter, MqttQos.AtMostOnce, messages);
        var feed = new Feed(messages, subscription, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        feeds.Add(feed);
        try
        {
            await foreach (MqttMessage message in messages.Reader.ReadAllAsync(stoppingToken))
            {
                if (ReferenceEquals(message, s_mark))
                    feed.Marked.TrySetResult();
                else
                    put(message.Topic[prefix.Length..^leaf], message.Payload.Span);
            }
        }
        catch (OperationCanceledException)
        {
            // The service is going down.
        }
    }

    /// <summary>
    /// Sends itself a message when every subscription was granted: a broker hands out what it kept when it grants a subscription, so all of it
    /// has come before this one comes.
    /// </summary>
    private async Task MarkAsync(List<Feed> feeds, CancellationToken stoppingToken)
    {
        if (!load.IsAwaited)
            return;
        string topic = $"{options.TopicPrefix}/nodes/{options.NodeId}/loaded";
        var marks = Channel.CreateBounded<MqttMessage>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        await using IMqttSubscription subscription = mqtt.Subscribe(topic, MqttQos.AtMostOnce, marks);
        try
        {
            bool[] granted = await Task.WhenAll(feeds.Select(feed => feed.Subscription.Acknowledged).Append(subscription.Acknowledged)).WaitAsync(stoppingToken);
            if (granted.Contains(false))
                return;
            do
                await mqtt.PublishAsync(topic, default, MqttPublishOptions.Default, stoppingToken);
            while (!await ComesAsync(marks.Reader, stoppingToken));
            // What came before it may still wait to be read.
            foreach (Feed feed in feeds)
                await feed.Messages.Writer.WriteAsync(s_mark, stoppingToken);
            await Task.WhenAll(feeds.Select(feed => feed.Marked.Task)).WaitAsync(stoppingToken);
            load.End();
        }
        catch (OperationCanceledException)
        {
            // The service is going down.
        }
    }

    private static async Task<bool> ComesAsync(ChannelReader<MqttMessage> marks, CancellationToken stoppingToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        limit.CancelAfter(s_markLimit);
        try
        {
            return await marks.WaitToReadAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
