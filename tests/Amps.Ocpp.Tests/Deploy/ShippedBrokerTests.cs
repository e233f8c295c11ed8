using System.Threading.Channels;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Mqtt.Native;
using Amps.Ocpp.Tests.Mqtt;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Deploy;

/// <summary>Who may do what at a broker with the shipped configuration.</summary>
public sealed class ShippedBrokerTests(ShippedBroker broker) : IClassFixture<ShippedBroker>
{
    [Theory]
    [InlineData(null, null)]
    [InlineData("node1", "wrong")]
    [InlineData("nobody", "x")]
    public async Task Without_a_name_and_its_password_nobody_is_let_in(string? user, string? password)
    {
        await using MosquittoClient stranger = broker.Client(user, password);
        stranger.Start();
        await Wait.UntilAsync(() => stranger.LastError is not null, "the refusal is reported");
        Assert.Equal(MqttConnectionState.Disconnected, stranger.State);
    }

    [Fact]
    public async Task An_observer_hears_what_is_his_to_hear_and_can_say_nothing()
    {
        await using MosquittoClient node = await broker.ConnectAsync("node2");
        await using MosquittoClient observer = await broker.ConnectAsync("observer");
        ChannelReader<MqttMessage> heard = await observer.ListenAsync("amps/v1/#");
        // The last one shows that those before it were kept back.
        string[] told = ["nodes/node2/status", "nodes/node2/in", "sandbox/c/ev-chargers/d/state", "ev-chargers/d/anything", "ev-chargers/d/link", "ev-chargers/d/telemetry", "ev-chargers/d/events", "ev-chargers/d/state"];
        foreach (string topic in told)
            Assert.True(await node.SendAsync($"amps/v1/{topic}", "x") is MqttPublishResult.Success or MqttPublishResult.NoMatchingSubscribers);
        foreach (string topic in told[^4..])
            Assert.Equal($"amps/v1/{topic}", await NextAsync());

        await IsRefusedAsync("observer", "amps/v1/ev-chargers/d/state");
        await IsRefusedAsync("observer", "elsewhere");
        await IsRefusedAsync("node2", "elsewhere");

        // What another test's charger left retained comes too.
        async Task<string> NextAsync()
        {
            string topic;
            do
                topic = (await heard.NextAsync()).Topic;
            while (topic.Contains("/shipped/", StringComparison.Ordinal));
            return topic;
        }
    }

    /// <summary>By a client of its own: this broker also ends the connection of whom it refused.</summary>
    private async Task IsRefusedAsync(string user, string topic)
    {
        await using MosquittoClient client = await broker.ConnectAsync(user);
        Assert.Equal(MqttPublishResult.Refused, await client.SendAsync(topic, "x", MqttPublishOptions.Retained));
    }

    [Fact]
    public async Task A_node_does_its_work_by_it()
    {
        await using ServiceHost service = await ServiceHost.StartAsync(
            "Amps:Node:Id=node1", "Amps:Mqtt:Mode=External", "Amps:Mqtt:Host=127.0.0.1", $"Amps:Mqtt:Port={broker.Port}", "Amps:Mqtt:Tls=true",
            $"Amps:Mqtt:CaFile={broker.Secrets["ca.pem"]}", "Amps:Mqtt:Username=node1", $"Amps:Mqtt:Password={broker.Secrets.Read("broker-password-node1")}");
        await using MosquittoClient observer = await broker.ConnectAsync("observer");
        ChannelReader<MqttMessage> states = await observer.ListenAsync("amps/v1/ev-chargers/shipped/state");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "shipped");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        await charger.StatusAsync("Preparing");
        await app.UntilAsync("/ev-charger/shipped", read => read.GetProperty("metadata").GetProperty("source").GetString() == "cache"
            && read.GetProperty("state").GetProperty("status").GetString() == "preparing");
        Assert.Contains("\"shipped\"", (await states.NextAsync()).Text(), StringComparison.Ordinal);
    }
}
