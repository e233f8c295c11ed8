using System.Globalization;
using Amps.Ocpp.Bench.Measuring;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Bench.Servers;

/// <summary>Two nodes of the service, a mosquitto and a throw-away PostgreSQL, each a process of its own.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    public const string OperatorKey = "operator-key-of-the-measurements";

    private readonly TemporaryDirectory _one = new();
    private readonly TemporaryDirectory _two = new();

    private Cluster(MosquittoProcess broker, PostgresProcess database, string connectionString)
    {
        Broker = broker;
        Database = database;
        ConnectionString = connectionString;
    }

    public MosquittoProcess Broker { get; }

    public PostgresProcess Database { get; }

    public string ConnectionString { get; }

    /// <summary>The node that holds the links that are measured.</summary>
    public ChildServer One { get; private set; } = null!;

    /// <summary>The node that holds as many links that say nothing.</summary>
    public ChildServer Two { get; private set; } = null!;

    public static async Task<Cluster> StartAsync()
    {
        MosquittoProcess broker = await MosquittoProcess.StartNewAsync("allow_anonymous true\nsys_interval 1");
        // No checkpoint on the way: pages that are written whole after one would be counted to whom they do not belong.
        PostgresProcess database = await PostgresProcess.StartNewAsync("checkpoint_timeout = 1h\nmax_wal_size = 8GB");
        var cluster = new Cluster(broker, database, await database.CreateDatabaseAsync());
        cluster.One = await cluster.StartNodeAsync("node1", cluster._one.Path);
        // Secrets of webhooks are sealed by one key.
        File.Copy(Path.Combine(cluster._one.Path, "webhooks.key"), Path.Combine(cluster._two.Path, "webhooks.key"));
        cluster.Two = await cluster.StartNodeAsync("node2", cluster._two.Path);
        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        await One.DisposeAsync();
        await Two.DisposeAsync();
        await Broker.DisposeAsync();
        await Database.DisposeAsync();
        _one.Dispose();
        _two.Dispose();
    }

    private Task<ChildServer> StartNodeAsync(string name, string data) => ChildServer.StartAsync(
        ServerLoop.Amps,
        data,
        $"Amps:Node:Id={name}",
        "Amps:Mqtt:Mode=External",
        "Amps:Mqtt:Host=127.0.0.1",
        string.Create(CultureInfo.InvariantCulture, $"Amps:Mqtt:Port={Broker.Port}"),
        "Amps:Database:Provider=Postgres",
        $"Amps:Database:ConnectionString={ConnectionString}",
        $"Amps:Bootstrap:OperatorKey={OperatorKey}",
        "Amps:Webhooks:AllowInsecure=true",
        "Amps:Webhooks:AllowPrivateNetworks=true");
}
