using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Mqtt.Native;
using Amps.Ocpp.Tests.Mqtt;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Nodes;

/// <summary>What a node had taken on when it was killed, or frozen for longer than its lease, is done by another, once.</summary>
public sealed class DyingNodeTests(DyingNodeTests.Fixture fixture) : IClassFixture<DyingNodeTests.Fixture>, IAsyncLifetime
{
    private static readonly string[] s_chargePoints = ["D1", "D2", "D3", "D4", "D5", "D6"];
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _links = [];

    public sealed class Fixture : IAsyncLifetime
    {
        internal NodeCluster Cluster { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Cluster = await NodeCluster.StartAsync();
            await Cluster.RegisterAsync(s_chargePoints);
        }

        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }

    private NodeCluster Cluster => fixture.Cluster;

    public async ValueTask InitializeAsync() =>
        await Task.WhenAll(new[] { "a", "b", "c" }.Where(id => !Cluster.Nodes.ContainsKey(id)).Select(Cluster.StartNodeAsync));

    [Fact]
    [Trait("row", "C12")]
    public async Task A_window_whose_node_died_is_closed_once_by_another()
    {
        RoamingChargePoint chargePoint = await ConnectAsync("D1", () => Cluster.Any().Ocpp);
        string id = await PushAsync("a", "d1", new { command = "charge", start = "0.01m", end = Soon(4) });
        Assert.Equal("completed", State(await Cluster.EndedAsync(id, Wait.Limit)));

        await KillAsync(await NodeOfAsync($"SELECT node FROM actions WHERE id = '{id}'"));

        await Wait.UntilAsync(async () => await Cluster.CountAsync($"SELECT count(*) FROM actions WHERE id = '{id}' AND window_closed_at >= window_end") == 1, "the window is closed");
        await Wait.UntilAsync(() => chargePoint.IsSettled, "the charge point has stopped");
        Assert.Equal((1, 1), (chargePoint.Starts, chargePoint.Stops));
        Assert.Equal("Remote", Assert.Single(chargePoint.Transactions).StopReason);
    }

    [Fact]
    [Trait("row", "C12")]
    public async Task A_scheduled_push_of_a_node_that_died_fires_once_on_another()
    {
        RoamingChargePoint chargePoint = await ConnectAsync("D2", () => Cluster.Nodes["b"].Ocpp);
        string id = await PushAsync("a", "d2", new { command = "charge", start = "0.03m" });

        await KillAsync("a");

        JsonElement? ended = await Cluster.EndedAsync(id, Wait.Limit);
        Assert.True(State(ended) == "completed", ended?.ToString());
        Assert.Equal(1, chargePoint.Starts);
        await Wait.UntilAsync(() => Told(id).Count == 1, "the end is told");
    }

    [Fact]
    [Trait("row", "N9")]
    public async Task A_webhook_in_flight_at_a_node_that_died_is_delivered_by_another_under_the_same_id()
    {
        await ConnectAsync("D3", () => Cluster.Any().Ocpp);
        string id = "";
        Cluster.Hooks.Answer = async (hook, _, context) =>
        {
            if (hook.Body.Contains("\"d3\"", StringComparison.Ordinal) && hook.Body.Contains("actionId", StringComparison.Ordinal) && Told(id).Count <= 1)
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            context.Response.StatusCode = 204;
        };
        id = await PushAsync("a", "d3", new { command = "idle" });
        await Wait.UntilAsync(() => Told(id).Count == 1, "a node delivers");

        await KillAsync(await NodeOfAsync($"SELECT lease_node FROM webhook_deliveries WHERE message_id = '{Told(id)[0].Id}'"));

        await Wait.UntilAsync(() => Told(id).Count >= 2, "another node delivers");
        Assert.Single(Told(id).Select(hook => (hook.Id, hook.Body)).Distinct());
        await Wait.UntilAsync(
            async () => await Cluster.CountAsync($"SELECT count(*) FROM webhook_deliveries WHERE message_id = '{Told(id)[0].Id}' AND state = 'pending'") == 0, "it is delivered");
        Assert.Equal(2, Told(id).Count);
    }

    [Fact]
    public async Task A_sandbox_whose_node_died_answers_again_whichever_of_the_others_is_asked()
    {
        using ApiClient app = await Cluster.Nodes["a"].CustomerAsync("sandboxed", "sandbox");
        await AvailableAsync("a", app.Key!);
        await AvailableAsync("b", app.Key!);
        string owner = await NodeOfAsync("SELECT holder FROM leases WHERE name = 'sandbox/sandboxed'");
        Assert.Equal("a", owner);

        await KillAsync(owner);

        await AvailableAsync("c", app.Key!);
        using var there = new ApiClient(Cluster.Nodes["c"].Api, app.Key);
        await Wait.UntilAsync(async () =>
        {
            JsonElement pushed = await there.PostAsync("/ev-charger/device_ev_001", new { action = new { command = "charge" }, onConflict = "cancel_and_replace" });
            return pushed.GetProperty("success").GetBoolean()
                && (await there.UntilAsync($"/actions/{Id(pushed)}", action => State(action) is "completed" or "failed")).GetProperty("state").GetString() == "completed";
        }, "the device charges");
    }

    [Fact]
    [Trait("row", "C16")]
    [Trait("row", "M4")]
    public async Task A_node_that_was_frozen_says_nothing_over_the_newer_owner_when_it_comes_back()
    {
        await using TestChargePoint old = await TestChargePoint.BootAsync(Cluster.Nodes["a"].Ocpp, "D4", NodeCluster.Password);
        await old.StatusAsync("Preparing");
        await EverywhereAsync("d4", "preparing");
        ServiceProcess frozen = Cluster.Remove("a");
        frozen.Freeze();
        // It waits in the frozen node's socket, and is old news when it is read.
        await old.SendAsync("""[2,"late","StatusNotification",{"connectorId":1,"errorCode":"OtherError","status":"Faulted"}]""");
        await using TestChargePoint moved = await TestChargePoint.BootAsync(Cluster.Nodes["b"].Ocpp, "D4", NodeCluster.Password);
        await EverywhereAsync("d4", "available");
        // For longer than its lease.
        await Task.Delay(3000);

        frozen.Thaw();
        Cluster.Return("a", frozen);

        await old.Closed.WaitAsync(Wait.Limit);
        foreach (string node in new[] { "b", "c" })
            Assert.Equal("available", await StatusAsync(node, "d4"));
        await EverywhereAsync("d4", "available");
        foreach (string topic in new[] { "link", "state" })
        {
            await Wait.UntilAsync(async () =>
            {
                await using MosquittoClient reader = await MqttClients.ConnectAsync(Cluster.Broker.Port);
                ChannelReader<MqttMessage> kept = await reader.ListenAsync($"amps/v1/ev-chargers/d4/{topic}");
                using JsonDocument told = JsonDocument.Parse((await Wait.ForAsync(kept.ReadAsync())).Payload);
                return told.RootElement.GetProperty("node").GetString() == "b";
            }, $"the broker keeps the {topic} of the owner");
        }
        await moved.StatusAsync("Preparing");
        await EverywhereAsync("d4", "preparing");
    }

    [Fact]
    public async Task A_device_whose_node_died_is_told_as_gone_once_and_not_when_it_came_back_elsewhere()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("AMPS_LONG_TESTS") == "1", "Lasts longer than the grace of a minute.");
        await using TestChargePoint gone = await TestChargePoint.BootAsync(Cluster.Nodes["a"].Ocpp, "D5", NodeCluster.Password);
        await using TestChargePoint moving = await TestChargePoint.BootAsync(Cluster.Nodes["a"].Ocpp, "D6", NodeCluster.Password);
        await Wait.UntilAsync(() => LinksToldOf("d5").Length == 1 && LinksToldOf("d6").Length == 1, "both are told as connected");

        await KillAsync("a");
        await Task.Delay(5000);
        await using TestChargePoint moved = await TestChargePoint.BootAsync(Cluster.Nodes["b"].Ocpp, "D6", NodeCluster.Password);
        // The grace begins when another node sees that it is gone.
        await Task.Delay(TimeSpan.FromSeconds(60));
        await Wait.UntilAsync(() => LinksToldOf("d5").Length >= 2, "the device is told as gone");
        await Task.Delay(TimeSpan.FromSeconds(20));

        Assert.Equal(2, LinksToldOf("d5").Length);
        Assert.Single(LinksToldOf("d6"));
    }

    private async Task<RoamingChargePoint> ConnectAsync(string id, Func<Uri> balance)
    {
        var chargePoint = new RoamingChargePoint16(id, NodeCluster.Password, 1, balance) { HasCards = false };
        _links.Add(Task.Run(() => chargePoint.RunAsync(_stop.Token)));
        await EverywhereAsync(id.ToLowerInvariant(), "preparing");
        return chargePoint;
    }

    private async Task<string> PushAsync(string node, string device, object action)
    {
        using ApiClient app = Cluster.App(Cluster.Nodes[node]);
        JsonElement pushed = await app.PostAsync($"/ev-charger/{device}", new { action });
        Assert.True(pushed.GetProperty("success").GetBoolean(), pushed.ToString());
        return Id(pushed);
    }

    private Task KillAsync(string node) => Cluster.Remove(node).KillAsync();

    /// <summary>The node whose life a statement names.</summary>
    private async Task<string> NodeOfAsync(string statement) =>
        ((string)(await PostgresProcess.ExecuteAsync(Cluster.Database, $"SELECT name FROM leases WHERE name LIKE 'node/%' AND holder = ({statement})"))!)["node/".Length..];

    private async Task EverywhereAsync(string device, string status)
    {
        foreach (string node in Cluster.Nodes.Keys)
            await Wait.UntilAsync(async () => await StatusAsync(node, device) == status, $"{device} is {status} on {node}");
    }

    private async Task<string?> StatusAsync(string node, string device)
    {
        using ApiClient app = Cluster.App(Cluster.Nodes[node]);
        JsonElement read = await app.GetAsync($"/ev-charger/{device}");
        return read.GetProperty("success").GetBoolean() ? read.GetProperty("data").GetProperty("state").GetProperty("status").GetString() : null;
    }

    private async Task AvailableAsync(string node, string key)
    {
        using var app = new ApiClient(Cluster.Nodes[node].Api, key);
        await Wait.UntilAsync(async () =>
        {
            JsonElement read = await app.GetAsync("/ev-charger/device_ev_001");
            return read.GetProperty("success").GetBoolean() && read.GetProperty("data").GetProperty("sync").GetProperty("available").GetBoolean();
        }, $"the sandbox answers on {node}");
    }

    private List<ReceivedWebhook> Told(string action) =>
        [.. Cluster.Hooks.Received.Where(hook => hook.Json.TryGetProperty("actionId", out JsonElement id) && id.GetString() == action)];

    /// <summary>Ids of the webhooks about the link of a device.</summary>
    private string[] LinksToldOf(string device) =>
        [.. Cluster.Hooks.Received.Where(hook => !hook.Json.TryGetProperty("actionId", out _) && hook.Json.GetProperty("deviceId").GetString() == device).Select(hook => hook.Id).Distinct()];

    private static string Id(JsonElement pushed) => pushed.GetProperty("data").GetProperty("id").GetString()!;

    private static string? State(JsonElement? action) => action?.GetProperty("state").GetString();

    private static string Soon(double seconds) => DateTime.UtcNow.AddSeconds(seconds).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_links).WaitAsync(Wait.Limit);
        _stop.Dispose();
    }
}
