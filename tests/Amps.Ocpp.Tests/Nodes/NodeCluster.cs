using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Nodes;

/// <summary>Nodes as real processes on one broker and one database, with a receiver of webhooks; what a load balancer knows of them.</summary>
internal sealed class NodeCluster : IAsyncDisposable
{
    public const string Password = "Passw0rdOfTheRoamingChargePoint1";

    private readonly string _data = Directory.CreateTempSubdirectory("amps-nodes-").FullName;
    private readonly ConcurrentDictionary<string, ServiceProcess> _nodes = new();
    private readonly ConcurrentQueue<(string Id, ServiceProcess Node)> _ended = new();
    private string[] _more = [];

    public PostgresProcess Postgres { get; private set; } = null!;

    public MosquittoProcess Broker { get; private set; } = null!;

    public WebhookReceiver Hooks { get; private set; } = null!;

    /// <summary>Connection string of the nodes' database.</summary>
    public string Database { get; private set; } = null!;

    /// <summary>The customer's key.</summary>
    public string Key { get; private set; } = null!;

    /// <summary>Nodes that the load balancer sends to, by id.</summary>
    public IReadOnlyDictionary<string, ServiceProcess> Nodes => _nodes;

    /// <summary>Starts the first two nodes; a customer exists, and all events go to the receiver.</summary>
    public static async Task<NodeCluster> StartAsync(params string[] settings)
    {
        var cluster = new NodeCluster { _more = settings };
        cluster.Postgres = await PostgresProcess.StartNewAsync();
        cluster.Database = await cluster.Postgres.CreateDatabaseAsync();
        cluster.Broker = await MosquittoProcess.StartNewAsync("allow_anonymous true\nautosave_interval 1");
        cluster.Hooks = await WebhookReceiver.StartAsync();
        await Task.WhenAll(cluster.StartNodeAsync("a"), cluster.StartNodeAsync("b"));
        using ApiClient app = await cluster._nodes["a"].CustomerAsync();
        cluster.Key = app.Key!;
        string[] events = ["push.completed", "push.failed", "device.connected", "device.disconnected", "device.reconnected"];
        await cluster._nodes["a"].Operator.PostAsync("/operator/webhooks", new { customerId = "customer", environment = "live", url = cluster.Hooks.Url, events });
        return cluster;
    }

    /// <summary>Registers charge points, each with one device of the same name in small letters, and waits until every node knows them.</summary>
    public async Task RegisterAsync(IReadOnlyCollection<string> chargePoints)
    {
        foreach (string id in chargePoints)
        {
            await _nodes["a"].Operator.SendAsync(HttpMethod.Put, $"/operator/charge-points/{id}", new
            {
                customerId = "customer",
                password = Password,
                securityProfile = 1,
                phases = 1,
                nominalVoltage = 230,
                connectors = new[] { new { connectorId = 1, deviceId = id.ToLowerInvariant() } },
            });
        }
        foreach (ServiceProcess node in _nodes.Values)
        {
            await Wait.UntilAsync(
                async () => (await node.Operator.DataAsync("/operator/charge-points")).GetProperty("pagination").GetProperty("total").GetInt32() == chargePoints.Count,
                "every node knows all");
        }
    }

    public ServiceProcess Any() => _nodes.Values.ElementAt(Random.Shared.Next(_nodes.Count));

    /// <summary>A client of one node with the customer's key.</summary>
    public ApiClient App(ServiceProcess node) => new(node.Api, Key);

    public async Task StartNodeAsync(string id)
    {
        ServiceProcess node = ServiceProcess.Start(_data,
        [
            "Amps:Mqtt:Mode=External", $"Amps:Mqtt:Port={Broker.Port.ToString(CultureInfo.InvariantCulture)}", $"Amps:Node:Id={id}", "Amps:Node:LeaseSeconds=2",
            "Amps:Actions:ConfirmationTimeoutSeconds=5", "Amps:Charging:LimitWriteIntervalSeconds=1", "Amps:Webhooks:AllowInsecure=true", "Amps:Webhooks:AllowPrivateNetworks=true",
            .. PostgresServer.SettingsFor(Database), .. _more,
        ]);
        _ended.Enqueue((id, node));
        await node.ReadyAsync();
        Return(id, node);
    }

    /// <summary>The load balancer's health check takes a node out.</summary>
    public ServiceProcess Remove(string id) => _nodes.TryRemove(id, out ServiceProcess? node) ? node : throw new InvalidOperationException($"There is no node {id}.");

    /// <summary>And puts it back.</summary>
    public void Return(string id, ServiceProcess node) => _nodes[id] = node;

    /// <summary>What a node acknowledged, asked at most for some seconds; null = it refused, or nobody knows.</summary>
    public async Task<JsonElement?> TryAsync(HttpMethod method, string path, object? body = null, int seconds = 8)
    {
        try
        {
            using ApiClient app = App(Any());
            app.Http.Timeout = TimeSpan.FromSeconds(seconds);
            JsonElement answer = await app.SendAsync(method, path, body);
            return answer.GetProperty("success").GetBoolean() ? answer.GetProperty("data") : null;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>An action once it has ended, whichever node says it; null = not in this time.</summary>
    public async Task<JsonElement?> EndedAsync(string id, TimeSpan limit)
    {
        DateTime end = DateTime.UtcNow + limit;
        while (DateTime.UtcNow < end)
        {
            if (await TryAsync(HttpMethod.Get, $"/actions/{id}", seconds: 2) is { } action && action.GetProperty("state").GetString() is "completed" or "failed" or "cancelled")
                return action;
            await Task.Delay(50);
        }
        return null;
    }

    /// <summary>A number of the database.</summary>
    public async Task<long> CountAsync(string statement) => (long)(await PostgresProcess.ExecuteAsync(Database, statement))!;

    public async ValueTask DisposeAsync()
    {
        bool failed = TestContext.Current.TestState?.Result == TestResult.Failed;
        foreach ((string id, ServiceProcess node) in _ended)
        {
            if (failed)
                TestContext.Current.TestOutputHelper?.WriteLine($"--- {id}\n{node.Output}");
            await node.DisposeAsync();
        }
        await Hooks.DisposeAsync();
        await Broker.DisposeAsync();
        await Postgres.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }
}
