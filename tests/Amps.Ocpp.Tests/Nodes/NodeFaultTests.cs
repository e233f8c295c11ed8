using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Nodes;

/// <summary>
/// Nodes, broker and database die, stop and come back under load, as real processes. What was acknowledged must be there afterwards, once,
/// and every action must end.
/// </summary>
public sealed class NodeFaultTests : IAsyncLifetime
{
    private const string Password = "Passw0rdOfTheRoamingChargePoint1";
    private const int ChargePoints = 8;
    private static readonly bool s_long = Environment.GetEnvironmentVariable("AMPS_LONG_TESTS") == "1";

    private readonly string _data = Directory.CreateTempSubdirectory("amps-nodes-").FullName;
    private readonly ConcurrentDictionary<string, ServiceProcess> _nodes = new();
    private readonly ConcurrentDictionary<string, string> _pushed = new();
    private readonly ConcurrentDictionary<string, int> _attempts = new();
    private readonly ConcurrentDictionary<string, (double Kw, double? Maybe)> _caps = new();
    private PostgresProcess _postgres = null!;
    private MosquittoProcess _broker = null!;
    private WebhookReceiver _hooks = null!;
    private string _database = null!;
    private string _key = null!;

    private enum Fault
    {
        KillNode,
        StopNode,
        FreezeNode,
        RestartBroker,
        LoseBroker,
        CrashPostgres,
    }

    public async ValueTask InitializeAsync()
    {
        _postgres = await PostgresProcess.StartNewAsync();
        _database = await _postgres.CreateDatabaseAsync();
        _broker = await MosquittoProcess.StartNewAsync();
        _hooks = await WebhookReceiver.StartAsync();
        await Task.WhenAll(StartNodeAsync("a"), StartNodeAsync("b"));
    }

    [Fact]
    [Trait("row", "D10")]
    [Trait("row", "M2")]
    [Trait("row", "M3")]
    [Trait("row", "C16")]
    public async Task Nothing_acknowledged_is_lost_and_nothing_happens_twice_whatever_dies()
    {
        int seed = Environment.GetEnvironmentVariable("AMPS_SEED") is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"AMPS_SEED={seed}");
        var random = new Random(seed);
        await PrepareAsync();
        using var stop = new CancellationTokenSource();
        using var stopLoad = new CancellationTokenSource();
        List<RoamingChargePoint> chargePoints = [.. Enumerable.Range(0, ChargePoints).Select(i => new RoamingChargePoint($"N{i}", Password, () => Any().Ocpp))];
        List<Task> links = [.. chargePoints.Select(chargePoint => Task.Run(() => chargePoint.RunAsync(stop.Token)))];
        List<Task> load = [.. Enumerable.Range(0, ChargePoints).Select(i => Task.Run(() => LoadAsync(i, seed + i, stopLoad.Token)))];

        int rounds = s_long ? 50 : 3;
        var faults = new Queue<Fault>();
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < 2; i++)
            {
                if (faults.Count == 0)
                {
                    Fault[] all = Enum.GetValues<Fault>();
                    random.Shuffle(all);
                    Array.ForEach(all, faults.Enqueue);
                }
                await Task.Delay(random.Next(200, 800));
                await InflictAsync(faults.Dequeue(), random);
            }
        }
        await Task.Delay(1000);
        await stopLoad.CancelAsync();
        await Task.WhenAll(load).WaitAsync(TimeSpan.FromSeconds(90));

        await CheckActionsAsync();
        await CheckTransactionsAsync(chargePoints);
        await CheckCommandsAsync(chargePoints);
        await CheckCapsAsync();
        await CheckReadsAsync();
        await CheckWebhooksAsync();
        await stop.CancelAsync();
        await Task.WhenAll(links).WaitAsync(Wait.Limit);
    }

    private ServiceProcess Any() => _nodes.Values.ElementAt(Random.Shared.Next(_nodes.Count));

    private async Task StartNodeAsync(string id)
    {
        ServiceProcess node = ServiceProcess.Start(_data,
        [
            "Amps:Mqtt:Mode=External", $"Amps:Mqtt:Port={_broker.Port.ToString(CultureInfo.InvariantCulture)}", $"Amps:Node:Id={id}", "Amps:Node:LeaseSeconds=2",
            "Amps:Actions:ConfirmationTimeoutSeconds=5", "Amps:Webhooks:AllowInsecure=true", "Amps:Webhooks:AllowPrivateNetworks=true",
            .. PostgresServer.SettingsFor(_database),
        ]);
        await node.ReadyAsync();
        _nodes[id] = node;
    }

    private async Task PrepareAsync()
    {
        ServiceProcess node = _nodes["a"];
        using ApiClient app = await node.CustomerAsync();
        _key = app.Key!;
        await node.Operator.PostAsync("/operator/webhooks", new { customerId = "customer", environment = "live", url = _hooks.Url, events = new[] { "push.completed", "push.failed" } });
        for (int i = 0; i < ChargePoints; i++)
        {
            await node.Operator.SendAsync(HttpMethod.Put, $"/operator/charge-points/N{i}", new
            {
                customerId = "customer",
                password = Password,
                securityProfile = 1,
                connectors = new[] { new { connectorId = 1, deviceId = $"n{i}" } },
            });
        }
        await Wait.UntilAsync(async () => (await _nodes["b"].Operator.DataAsync("/operator/charge-points")).GetProperty("pagination").GetProperty("total").GetInt32() == ChargePoints, "b knows all");
    }

    /// <summary>Pushes now charge, now idle, to one device on any node, and sometimes a cap; notes what was acknowledged.</summary>
    private async Task LoadAsync(int device, int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        while (!stop.IsCancellationRequested)
        {
            string command = random.Next(2) == 0 ? "charge" : "idle";
            _attempts.AddOrUpdate($"n{device}/{command}", 1, static (_, known) => known + 1);
            bool scheduled = random.Next(4) == 0;
            object action = scheduled ? new { command, start = "0.01m" } : new { command };
            if (await TrySendAsync($"/ev-charger/n{device}", new { action, onConflict = "cancel_and_replace" }) is { } data)
            {
                string id = data.GetProperty("id").GetString()!;
                _pushed[id] = command;
                if (random.Next(3) > 0)
                    await EndedAsync(id, TimeSpan.FromSeconds(8));
            }
            if (random.Next(5) == 0)
            {
                double kw = random.Next(2, 11);
                _caps.AddOrUpdate($"n{device}", (-1, kw), (_, known) => (known.Kw, kw));
                if (await TrySendAsync($"/ev-charger/n{device}/settings", new { max_charge_rate = new { value = kw, unit = "kw" } }) is not null)
                    _caps[$"n{device}"] = (kw, null);
            }
            await Task.Delay(random.Next(20, 120), CancellationToken.None);
        }
    }

    /// <summary>What a node acknowledged; null = it refused, or nobody knows.</summary>
    private async Task<JsonElement?> TrySendAsync(string path, object body)
    {
        try
        {
            using var app = new ApiClient(Any().Api, _key);
            app.Http.Timeout = TimeSpan.FromSeconds(8);
            JsonElement answer = await app.PostAsync(path, body);
            return answer.GetProperty("success").GetBoolean() ? answer.GetProperty("data") : null;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException or JsonException)
        {
            return null;
        }
    }

    private async Task<JsonElement?> EndedAsync(string id, TimeSpan limit)
    {
        DateTime end = DateTime.UtcNow + limit;
        while (DateTime.UtcNow < end)
        {
            try
            {
                using var app = new ApiClient(Any().Api, _key);
                app.Http.Timeout = TimeSpan.FromSeconds(2);
                JsonElement answer = await app.GetAsync($"/actions/{id}");
                if (answer.GetProperty("success").GetBoolean() && answer.GetProperty("data").GetProperty("state").GetString() is "completed" or "failed" or "cancelled")
                    return answer.GetProperty("data");
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException or JsonException)
            {
                // Asked again, perhaps of another node.
            }
            await Task.Delay(50);
        }
        return null;
    }

    private async Task InflictAsync(Fault fault, Random random)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{DateTime.UtcNow:HH:mm:ss.fff} {fault}");
        string id = random.Next(2) == 0 ? "a" : "b";
        switch (fault)
        {
            case Fault.KillNode:
                await RemoveAsync(id).KillAsync();
                await Task.Delay(random.Next(100, 3000));
                await StartNodeAsync(id);
                break;
            case Fault.StopNode:
                ServiceProcess stopped = RemoveAsync(id);
                stopped.Terminate();
                Assert.Equal(0, await stopped.ExitCodeAsync());
                await StartNodeAsync(id);
                break;
            case Fault.FreezeNode:
                ServiceProcess frozen = RemoveAsync(id);
                frozen.Freeze();
                await Task.Delay(s_long ? 60_000 : 4000);
                frozen.Thaw();
                _nodes[id] = frozen;
                break;
            case Fault.RestartBroker:
                await _broker.StopAsync();
                await Task.Delay(random.Next(100, 1500));
                await _broker.StartAsync();
                break;
            case Fault.LoseBroker:
                await _broker.KillAsync();
                await Task.Delay(random.Next(100, 1500));
                await _broker.StartAsync(keepRetained: false);
                break;
            case Fault.CrashPostgres:
                await _postgres.CrashAsync();
                await Task.Delay(random.Next(100, 1500));
                await _postgres.StartAsync();
                break;
        }
    }

    /// <summary>The load balancer's health check takes it out.</summary>
    private ServiceProcess RemoveAsync(string id) => _nodes.TryRemove(id, out ServiceProcess? node) ? node : throw new InvalidOperationException("There is no such node.");

    private async Task CheckActionsAsync()
    {
        foreach (string id in _pushed.Keys)
            Assert.True(await EndedAsync(id, TimeSpan.FromSeconds(30)) is not null, $"{id} was acknowledged and has not ended");
        Assert.NotEmpty(_pushed);
        Assert.Equal(0L, await PostgresProcess.ExecuteAsync(_database, "SELECT count(*) FROM actions WHERE state IN ('scheduled', 'acknowledged')"));
        Assert.True((long)(await PostgresProcess.ExecuteAsync(_database, "SELECT count(*) FROM actions WHERE state = 'completed'"))! > 0);
    }

    private async Task CheckTransactionsAsync(List<RoamingChargePoint> chargePoints)
    {
        List<int> acknowledged = [.. chargePoints.SelectMany(chargePoint => chargePoint.Acknowledged.Distinct())];
        Assert.Equal(acknowledged.Count, acknowledged.Distinct().Count());
        string list = string.Join(',', acknowledged.Append(0));
        Assert.Equal((long)acknowledged.Count, await PostgresProcess.ExecuteAsync(_database, $"SELECT count(*) FROM transactions WHERE id IN ({list})"));
    }

    /// <summary>No command reached a charger more often than it was pushed.</summary>
    private async Task CheckCommandsAsync(List<RoamingChargePoint> chargePoints)
    {
        foreach (RoamingChargePoint chargePoint in chargePoints)
        {
            string device = chargePoint.Id.ToLowerInvariant();
            long charges = (long)(await PostgresProcess.ExecuteAsync(_database, $"SELECT count(*) FROM actions WHERE device_id = '{device}' AND command = 'charge' AND dispatched_at IS NOT NULL"))!;
            Assert.InRange(chargePoint.Starts, 0, charges);
        }
    }

    private async Task CheckCapsAsync()
    {
        foreach ((string device, (double kw, double? maybe)) in _caps)
        {
            foreach (ServiceProcess node in _nodes.Values)
            {
                using var app = new ApiClient(node.Api, _key);
                await app.UntilAsync($"/ev-charger/{device}", data =>
                    kw < 0 || (data.GetProperty("settings").GetProperty("max_charge_rate").GetProperty("value") is { ValueKind: JsonValueKind.Number } value
                        && (value.GetDouble() == kw || value.GetDouble() == maybe)));
            }
        }
    }

    private async Task CheckReadsAsync()
    {
        foreach (string device in Enumerable.Range(0, ChargePoints).Select(i => $"n{i}"))
        {
            await Wait.UntilAsync(async () =>
            {
                var seen = new List<string>();
                foreach (ServiceProcess node in _nodes.Values)
                {
                    using var app = new ApiClient(node.Api, _key);
                    JsonElement data = await app.DataAsync($"/ev-charger/{device}");
                    seen.Add(data.GetProperty("metadata").GetProperty("source").GetString() + data.GetProperty("state"));
                }
                return seen.TrueForAll(read => read.StartsWith("cache", StringComparison.Ordinal)) && seen.Distinct().Count() == 1;
            }, $"{device} reads the same everywhere");
        }
    }

    private async Task CheckWebhooksAsync()
    {
        var expected = new HashSet<string>();
        foreach (string id in _pushed.Keys)
        {
            if (await EndedAsync(id, TimeSpan.FromSeconds(10)) is { } ended && ended.GetProperty("state").GetString() != "cancelled")
                expected.Add(id);
        }
        await Wait.UntilAsync(() => expected.IsSubsetOf(_hooks.Received.Select(hook => hook.Json.GetProperty("actionId").GetString()!)), "every end was told");
        foreach (IGrouping<string, ReceivedWebhook> told in _hooks.Received.GroupBy(hook => hook.Json.GetProperty("actionId").GetString()!))
            Assert.Single(told.Select(hook => hook.Id).Distinct());
    }

    public async ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            foreach ((string id, ServiceProcess node) in _nodes)
                TestContext.Current.TestOutputHelper?.WriteLine($"--- {id}\n{node.Output}");
        }
        foreach (ServiceProcess node in _nodes.Values)
            await node.DisposeAsync();
        await _hooks.DisposeAsync();
        await _broker.DisposeAsync();
        await _postgres.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }
}
