using System.Collections.Concurrent;
using System.Threading.Channels;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Mqtt;

public sealed class ReconnectTests
{
    [Fact]
    [Trait("row", "M2")]
    public async Task After_the_broker_returned_the_subscriptions_are_back_and_the_hooks_run_in_order()
    {
        await using var broker = await MosquittoProcess.StartNewAsync();
        await using var client = MqttClients.New(broker.Port);
        var states = new ConcurrentQueue<MqttConnectionState>();
        client.StateChanged += (_, change) => states.Enqueue(change.State);
        var calls = Channel.CreateUnbounded<string>();
        using var first = client.OnConnected(async connected =>
        {
            // The client's own subscription must be at the broker before the hook's publish.
            await client.PublishAsync("own/presence", default, MqttPublishOptions.Default, connected);
            calls.Writer.TryWrite("presence");
        });
        using var second = client.OnConnected(_ =>
        {
            calls.Writer.TryWrite("states");
            return ValueTask.CompletedTask;
        });
        var channel = Channel.CreateBounded<MqttMessage>(100);
        client.Subscribe("own/#", MqttQos.AtLeastOnce, channel.Writer);
        client.Start();

        for (var round = 0; round < 2; round++)
        {
            Assert.Equal("own/presence", (await channel.Reader.NextAsync()).Topic);
            Assert.Equal("presence", await Wait.ForAsync(calls.Reader.ReadAsync()));
            Assert.Equal("states", await Wait.ForAsync(calls.Reader.ReadAsync()));
            if (round > 0)
                break;
            await broker.KillAsync();
            await Wait.UntilAsync(() => client.State == MqttConnectionState.Disconnected, "the loss is noticed");
            Assert.NotNull(client.LastError);
            await broker.StartAsync();
        }

        await Wait.UntilAsync(() => states.Count == 3, "three changes are told");
        Assert.Equal([MqttConnectionState.Connected, MqttConnectionState.Disconnected, MqttConnectionState.Connected], states);
        Assert.Null(client.LastError);
    }

    [Fact]
    [Trait("row", "M3")]
    public async Task A_broker_that_lost_its_retained_messages_gets_them_again_from_a_hook()
    {
        await using var broker = await MosquittoProcess.StartNewAsync();
        await using var client = MqttClients.New(broker.Port);
        using var hook = client.OnConnected(async connected => await client.PublishAsync("state/1", "newest"u8.ToArray(), MqttPublishOptions.Retained, connected));
        client.Start();
        await client.IsConnectedAsync();
        await broker.StopAsync();
        await Wait.UntilAsync(() => client.State == MqttConnectionState.Disconnected, "the loss is noticed");
        await broker.StartAsync(keepRetained: false);

        await using var reader = await MqttClients.ConnectAsync(broker.Port);
        Assert.Equal("newest", (await (await reader.ListenAsync("state/+")).NextAsync()).Text());
    }

    [Fact]
    public async Task A_hook_added_while_connected_runs_at_once_and_a_removed_one_no_more()
    {
        await using var broker = await MosquittoProcess.StartNewAsync();
        await using var cable = new CableCutter(broker.Port);
        await using var client = await MqttClients.ConnectAsync(cable.Port);
        var calls = Channel.CreateUnbounded<string>();
        var removed = client.OnConnected(_ => Note("removed"));
        Assert.Equal("removed", await Wait.ForAsync(calls.Reader.ReadAsync()));
        removed.Dispose();
        using var failing = client.OnConnected(_ => throw new InvalidOperationException("on purpose"));
        using var kept = client.OnConnected(_ => Note("kept"));
        Assert.Equal("kept", await Wait.ForAsync(calls.Reader.ReadAsync()));

        cable.Cut();
        cable.Mend();
        Assert.Equal("kept", await Wait.ForAsync(calls.Reader.ReadAsync()));

        ValueTask Note(string name)
        {
            calls.Writer.TryWrite(name);
            return ValueTask.CompletedTask;
        }
    }

    [Fact]
    [Trait("row", "M1")]
    public async Task A_broker_that_is_not_there_at_the_start_is_found_later()
    {
        await using var broker = MosquittoProcess.Create();
        await using var client = MqttClients.New(broker.Port);
        client.Start();
        await Wait.UntilAsync(() => client.LastError is { } error && error.Contains("refused", StringComparison.OrdinalIgnoreCase), "the first attempt failed");
        Assert.Equal(MqttConnectionState.Disconnected, client.State);
        Assert.Equal(MqttPublishResult.NotConnected, await client.SendAsync("t", "x"));

        await broker.StartAsync();
        await client.IsConnectedAsync();
        Assert.Equal(MqttPublishResult.NoMatchingSubscribers, await client.SendAsync("t", "x"));
    }

    [Fact]
    public async Task Publishes_that_wait_when_the_link_breaks_fail_and_are_never_sent_again()
    {
        await using var broker = await MosquittoProcess.StartNewAsync();
        await using var cable = new CableCutter(broker.Port);
        await using var client = await MqttClients.ConnectAsync(cable.Port);
        await using var witness = await MqttClients.ConnectAsync(broker.Port);
        var heard = await witness.ListenAsync("#", capacity: 20_000);

        cable.Freeze();
        var pending = Enumerable.Range(0, 5_000).Select(i => client.PublishAsync($"command/{i}", new byte[700], MqttPublishOptions.Default).AsTask()).ToArray();
        cable.Cut();
        var results = await Task.WhenAll(pending).WaitAsync(Wait.Limit);
        Assert.All(results, result => Assert.Equal(MqttPublishResult.Failed, result));
        Assert.Equal(MqttPublishResult.NotConnected, await client.SendAsync("t", "x"));

        cable.Mend();
        await client.IsConnectedAsync();
        Assert.Equal(MqttPublishResult.Success, await client.SendAsync("end", "x"));
        Assert.Equal("end", (await heard.NextAsync()).Topic);
    }

    [Fact]
    public async Task The_last_will_is_published_when_the_client_vanishes_and_when_it_stops()
    {
        await using var broker = await MosquittoProcess.StartNewAsync();
        await using var cable = new CableCutter(broker.Port);
        await using var witness = await MqttClients.ConnectAsync(broker.Port);
        var heard = await witness.ListenAsync("nodes/+/status");
        await using (var client = await MqttClients.ConnectAsync(cable.Port, new MqttLastWill("nodes/a/status", "offline"u8.ToArray())))
        {
            cable.Cut();
            Assert.Equal("offline", (await heard.NextAsync()).Text());
            await Wait.UntilAsync(() => client.State == MqttConnectionState.Disconnected, "the loss is noticed");
            cable.Mend();
            await client.IsConnectedAsync();
            await client.SendAsync("nodes/a/status", "online", MqttPublishOptions.Retained);
            Assert.Equal("online", (await heard.NextAsync()).Text());
        }
        Assert.Equal("offline", (await heard.NextAsync()).Text());
        await using var later = await MqttClients.ConnectAsync(broker.Port);
        Assert.Equal("offline", (await (await later.ListenAsync("nodes/+/status")).NextAsync()).Text());
    }

    [Fact]
    public async Task What_was_published_before_the_stop_is_still_delivered()
    {
        await using var broker = await MosquittoProcess.StartNewAsync();
        await using var witness = await MqttClients.ConnectAsync(broker.Port);
        var heard = await witness.ListenAsync("#", capacity: 5_000);
        var client = await MqttClients.ConnectAsync(broker.Port);
        var pending = Enumerable.Range(0, 2_000).Select(i => client.PublishAsync($"t/{i}", new byte[100], MqttPublishOptions.Default).AsTask()).ToArray();
        await client.DisposeAsync();
        Assert.All(await Task.WhenAll(pending).WaitAsync(Wait.Limit), result => Assert.Equal(MqttPublishResult.Success, result));
        for (var i = 0; i < 2_000; i++)
            Assert.Equal($"t/{i}", (await heard.NextAsync()).Topic);
        Assert.Equal(MqttPublishResult.NotConnected, await client.SendAsync("t", "x"));
        await client.DisposeAsync();
    }

    [Fact]
    public async Task A_socket_number_above_1023_works()
    {
        await using var broker = await MosquittoProcess.StartNewAsync();
        var files = Enumerable.Range(0, 1100).Select(_ => File.OpenHandle("/dev/null")).ToArray();
        try
        {
            await using var client = await MqttClients.ConnectAsync(broker.Port);
            var messages = await client.ListenAsync("t");
            await client.SendAsync("t", "x");
            Assert.Equal("x", (await messages.NextAsync()).Text());
        }
        finally
        {
            foreach (var file in files)
                file.Dispose();
        }
    }

    [Fact]
    public async Task A_client_that_was_never_started_can_be_disposed()
    {
        var client = MqttClients.New(MosquittoProcess.FreePort());
        await client.DisposeAsync();
        client.Start();
        Assert.Equal(MqttConnectionState.Disconnected, client.State);
    }
}
