using System.Threading.Channels;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Mqtt;

public sealed class VolumeTests : IAsyncLifetime
{
    private MosquittoProcess _broker = null!;

    public async ValueTask InitializeAsync() => _broker = await MosquittoProcess.StartNewAsync();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    [Trait("row", "M13")]
    public async Task Every_one_of_10000_retained_messages_reaches_a_fresh_subscription_of_QoS_0()
    {
        const int count = 10_000;
        await using var writer = await MqttClients.ConnectAsync(_broker.Port);
        await writer.PublishAllAsync(count, MqttPublishOptions.Retained);

        await using var reader = await MqttClients.ConnectAsync(_broker.Port);
        var messages = await reader.ListenAsync("state/+", MqttQos.AtMostOnce, capacity: 256);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (seen.Count < count)
        {
            var message = await messages.NextAsync();
            Assert.True(message.Retained);
            Assert.Equal(700, message.Payload.Length);
            Assert.True(seen.Add(message.Topic));
        }
    }

    [Fact]
    [Trait("row", "M13")]
    public async Task A_marker_published_after_the_subscription_arrives_behind_all_retained_messages()
    {
        const int count = 10_000;
        await using var writer = await MqttClients.ConnectAsync(_broker.Port);
        await writer.PublishAllAsync(count, MqttPublishOptions.Retained);

        await using var reader = await MqttClients.ConnectAsync(_broker.Port);
        var channel = Channel.CreateBounded<MqttMessage>(64);
        reader.Subscribe("marker/1", MqttQos.AtMostOnce, channel.Writer);
        reader.Subscribe("state/+", MqttQos.AtMostOnce, channel.Writer);
        await reader.SendAsync("marker/1", "", new() { Qos = MqttQos.AtMostOnce });
        var before = 0;
        while ((await channel.Reader.NextAsync()).Topic != "marker/1")
            before++;
        Assert.Equal(count, before);
    }

    [Fact]
    [Trait("row", "M10")]
    public async Task More_publishes_than_may_be_in_flight_are_refused_at_once()
    {
        await using var cable = new CableCutter(_broker.Port);
        await using var client = await MqttClients.ConnectAsync(cable.Port, change: options => options with { MaxInFlight = 5 });
        cable.Freeze();
        var pending = Enumerable.Range(0, 8).Select(_ => client.PublishAsync("t", new byte[10], MqttPublishOptions.Default).AsTask()).ToArray();
        Assert.All(pending[5..], task => Assert.Equal(MqttPublishResult.QueueFull, task.Result));

        cable.Mend();
        Assert.All(await Task.WhenAll(pending[..5]).WaitAsync(Wait.Limit), result => Assert.Equal(MqttPublishResult.NoMatchingSubscribers, result));
        Assert.Equal(MqttPublishResult.NoMatchingSubscribers, await client.SendAsync("t", "x"));
    }

    [Fact]
    public async Task A_channel_that_nobody_drains_costs_its_own_messages_and_nobody_elses()
    {
        await using var client = await MqttClients.ConnectAsync(_broker.Port, change: options => options with { StallLimit = TimeSpan.FromMilliseconds(100) });
        var stuck = Channel.CreateBounded<MqttMessage>(1);
        var subscription = client.Subscribe("stuck", MqttQos.AtLeastOnce, stuck.Writer);
        var others = await client.ListenAsync("fine");

        for (var i = 0; i < 5; i++)
            Assert.Equal(MqttPublishResult.Success, await client.SendAsync("stuck", $"{i}"));
        await client.SendAsync("fine", "x");

        Assert.Equal("x", (await others.NextAsync()).Text());
        await Wait.UntilAsync(() => subscription.Dropped == 4, "four messages are counted as dropped");
        Assert.Equal("0", (await stuck.Reader.NextAsync()).Text());
        await client.SendAsync("stuck", "again");
        Assert.Equal("again", (await stuck.Reader.NextAsync()).Text());
    }

    [Fact]
    [Trait("row", "M5")]
    public async Task A_message_above_the_limit_is_dropped_and_the_link_stays()
    {
        await using var writer = await MqttClients.ConnectAsync(_broker.Port);
        await using var reader = await MqttClients.ConnectAsync(_broker.Port, change: options => options with { MaxPayloadBytes = 1000 });
        var messages = await reader.ListenAsync("t");
        await writer.PublishAsync("t", new byte[1_000_000], MqttPublishOptions.Default);
        await writer.PublishAsync("t", new byte[1_001], MqttPublishOptions.Default);
        await writer.PublishAsync("t", new byte[1_000], MqttPublishOptions.Default);
        Assert.Equal(1_000, (await messages.NextAsync()).Payload.Length);
        Assert.Equal(MqttConnectionState.Connected, reader.State);
    }
}
