using System.Text.Json;
using System.Threading.Channels;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Mqtt.Native;
using Amps.Ocpp.Tests.Mqtt;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Telemetry;

/// <summary>What is told over MQTT, seen by a foreign subscriber (charger behaviour, section 7).</summary>
public sealed class TopicsTests
{
    private static JsonElement Json(MqttMessage message) => JsonDocument.Parse(message.Payload).RootElement;

    [Fact]
    public async Task State_and_link_are_retained_and_events_and_samples_pass_by()
    {
        await using ServiceHost service = await ServiceHost.StartAsync();
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        await app.UntilAsync("/ev-charger/dev1", read => read.GetProperty("metadata").GetProperty("source").GetString() == "cache");

        await using MosquittoClient observer = await MqttClients.ConnectAsync(service.MqttPort);
        ChannelReader<MqttMessage> states = await observer.ListenAsync("amps/v1/ev-chargers/dev1/state");
        ChannelReader<MqttMessage> links = await observer.ListenAsync("amps/v1/ev-chargers/dev1/link");
        ChannelReader<MqttMessage> events = await observer.ListenAsync("amps/v1/ev-chargers/dev1/events");
        ChannelReader<MqttMessage> samples = await observer.ListenAsync("amps/v1/ev-chargers/dev1/telemetry");
        ChannelReader<MqttMessage> nodes = await observer.ListenAsync("amps/v1/nodes/+/status");

        MqttMessage state = await states.NextAsync();
        Assert.True(state.Retained);
        Assert.Equal("available", Json(state).GetProperty("status").GetString());
        MqttMessage link = await links.NextAsync();
        Assert.True(link.Retained);
        Assert.True(Json(link).GetProperty("online").GetBoolean());
        Assert.Equal("online", (await nodes.NextAsync()).Text());

        await charger.StatusAsync("Preparing");
        int transaction = await charger.StartAsync("CARD");
        await charger.StatusAsync("Charging");
        await charger.PowerAsync(7400, transactionId: transaction);
        Assert.Equal("transactionStarted", Json(await events.NextAsync()).GetProperty("event").GetString());
        Assert.Equal(7.4, Json(await samples.NextAsync()).GetProperty("sample").GetProperty("powerKw").GetDouble());
        await Wait.UntilAsync(async () => Json(await states.NextAsync()).TryGetProperty("currentPower", out JsonElement power) && power.GetDouble() == 7.4, "the power is published");
        await charger.StopAsync(transaction);
        Assert.Equal("transactionEnded", Json(await events.NextAsync()).GetProperty("event").GetString());
        charger.Abort();
        await Wait.UntilAsync(async () => !Json(await links.NextAsync()).GetProperty("online").GetBoolean(), "the link is told to be gone");
    }

    [Fact]
    public async Task A_node_that_ends_is_told_to_be_offline()
    {
        await using MosquittoProcess broker = await MosquittoProcess.StartNewAsync();
        await using MosquittoClient observer = await MqttClients.ConnectAsync(broker.Port);
        ChannelReader<MqttMessage> nodes = await observer.ListenAsync("amps/v1/nodes/north/status");
        await using (ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=External", $"Amps:Mqtt:Port={broker.Port}", "Amps:Node:Id=north"))
            Assert.Equal("online", (await nodes.NextAsync()).Text());
        Assert.Equal("offline", (await nodes.NextAsync()).Text());
    }

    [Fact]
    public async Task A_device_that_is_removed_or_renamed_leaves_no_retained_topic()
    {
        await using ServiceHost service = await ServiceHost.StartAsync();
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        await app.UntilAsync("/ev-charger/dev1", read => read.GetProperty("metadata").GetProperty("source").GetString() == "cache");
        await service.RegisterAsync("CP1", "customer", "dev2");
        await charger.StatusAsync("Preparing");
        await app.UntilAsync("/ev-charger/dev2", read => read.GetProperty("metadata").GetProperty("source").GetString() == "cache");
        await using MosquittoClient observer = await MqttClients.ConnectAsync(service.MqttPort);
        await Wait.UntilAsync(async () => await RetainedAsync(observer, "before") is ["dev2/link", "dev2/state"], "only the new name is retained");
        await service.Operator.SendAsync(HttpMethod.Delete, "/operator/charge-points/CP1", null);
        await charger.Closed.WaitAsync(Wait.Limit);
        await Wait.UntilAsync(async () => await RetainedAsync(observer, "after") is [], "nothing is retained");
    }

    /// <summary>What the broker retains of chargers; the marker tells when all of it has come.</summary>
    private static async Task<string[]> RetainedAsync(MosquittoClient observer, string marker)
    {
        await observer.PublishAsync("amps/v1/ev-chargers/~/marker", System.Text.Encoding.UTF8.GetBytes(marker), MqttPublishOptions.Retained);
        var channel = Channel.CreateBounded<MqttMessage>(1000);
        await using IMqttSubscription subscription = observer.Subscribe("amps/v1/ev-chargers/+/+", MqttQos.AtLeastOnce, channel.Writer);
        Assert.True(await subscription.Acknowledged.WaitAsync(Wait.Limit));
        await observer.SendAsync("amps/v1/ev-chargers/~/end", marker);
        var topics = new SortedSet<string>(StringComparer.Ordinal);
        while (true)
        {
            MqttMessage message = await channel.Reader.NextAsync();
            if (message.Topic.EndsWith("~/end", StringComparison.Ordinal))
                return [.. topics];
            if (message.Retained && !message.Topic.Contains('~'))
                topics.Add(message.Topic["amps/v1/ev-chargers/".Length..]);
        }
    }

    [Fact]
    [Trait("row", "H6")]
    public async Task An_identity_with_wildcards_never_becomes_a_wildcard_topic()
    {
        await using ServiceHost service = await ServiceHost.StartAsync();
        using ApiClient app = await service.CustomerAsync();
        await service.Operator.SendAsync(HttpMethod.Put, "/operator/charge-points/A%2BB", new { customerId = "customer" });
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "A+B");
        JsonElement list = await app.UntilAsync("/ev-charger", page => page.GetProperty("items").GetArrayLength() == 1
            && page.GetProperty("items")[0].GetProperty("metadata").GetProperty("source").GetString() == "cache");
        string device = list.GetProperty("items")[0].GetProperty("id").GetString()!;
        Assert.DoesNotContain('+', device);
        Assert.Equal("available", (await app.DataAsync($"/ev-charger/{device}")).GetProperty("state").GetProperty("status").GetString());
    }

    [Fact]
    [Trait("row", "M4")]
    [Trait("row", "M5")]
    [Trait("row", "M6")]
    public async Task Garbage_on_the_state_topics_changes_nothing()
    {
        await using ServiceHost service = await ServiceHost.StartAsync();
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        await app.UntilAsync("/ev-charger/dev1", read => read.GetProperty("metadata").GetProperty("source").GetString() == "cache");
        await using MosquittoClient other = await MqttClients.ConnectAsync(service.MqttPort);
        await other.SendAsync("amps/v1/ev-chargers/dev1/state", "this is not JSON");
        await other.SendAsync("amps/v1/ev-chargers/dev1/state", """{"deviceId":"dev1","status":"faulted","sequence":0,"observedAt":"2020-01-01T00:00:00Z"}""");
        await other.SendAsync("amps/v1/ev-chargers/dev1/state", """{"deviceId":"someone-else","status":"faulted","sequence":9223372036854775807}""");
        await other.SendAsync("amps/v1/ev-chargers/stranger/state", """{"deviceId":"stranger","status":"faulted","sequence":1}""");
        await other.SendAsync("amps/v1/ev-chargers/dev1/link", "[1,2,3]");
        await charger.StatusAsync("Preparing");
        JsonElement read = await app.DataAsync("/ev-charger/dev1");
        Assert.Equal("preparing", read.GetProperty("state").GetProperty("status").GetString());
        Assert.Equal("cache", read.GetProperty("metadata").GetProperty("source").GetString());
    }
}
