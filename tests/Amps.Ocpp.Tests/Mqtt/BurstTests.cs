using System.Threading.Channels;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Mqtt;

/// <summary>Measures memory, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(AloneInProcess), DisableParallelization = true)]
public sealed class AloneInProcess;

[Collection(nameof(AloneInProcess))]
public sealed class BurstTests : IAsyncLifetime
{
    private MosquittoProcess _broker = null!;

    public async ValueTask InitializeAsync() => _broker = await MosquittoProcess.StartNewAsync();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    [Trait("row", "M11")]
    public async Task A_burst_of_50000_messages_waits_at_the_broker_while_the_reader_is_slow()
    {
        const int count = 50_000;
        const int capacity = 100;
        await using var writer = await MqttClients.ConnectAsync(_broker.Port);
        await using var reader = await MqttClients.ConnectAsync(_broker.Port, change: options => options with { StallLimit = TimeSpan.FromMinutes(5) });
        var channel = Channel.CreateBounded<MqttMessage>(capacity);
        var subscription = reader.Subscribe("state/+", MqttQos.AtMostOnce, channel.Writer);
        Assert.True(await subscription.Acknowledged.WaitAsync(Wait.Limit));
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await writer.PublishAllAsync(count, MqttPublishOptions.Default);

        // 50,000 messages of 700 bytes would be above 35 MB here.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 10 << 20);
        Assert.Equal(capacity, channel.Reader.Count);
        var next = 0;
        while (next < count)
            Assert.Equal($"state/{next++}", (await channel.Reader.NextAsync()).Topic);
        Assert.Equal(0, subscription.Dropped);
    }
}
