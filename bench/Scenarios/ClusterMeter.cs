using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Amps.Ocpp.Bench.Measuring;
using Amps.Ocpp.Bench.Servers;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Mqtt.Native;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Amps.Ocpp.Bench.Scenarios;

/// <summary>Reads what nodes, broker and database have used since they started.</summary>
internal sealed class ClusterMeter : IAsyncDisposable
{
    private static readonly string[] s_brokerSums = ["publish/messages/received", "publish/messages/sent", "publish/bytes/received", "publish/bytes/sent"];

    private readonly Cluster _cluster;
    private readonly HttpClient _http = new();
    private readonly NpgsqlConnection _database;
    private readonly MosquittoClient _mqtt;
    private readonly ConcurrentDictionary<string, double> _broker = new(StringComparer.Ordinal);
    private readonly Task _following;
    private readonly Channel<MqttMessage> _messages = Channel.CreateUnbounded<MqttMessage>();

    public ClusterMeter(Cluster cluster)
    {
        _cluster = cluster;
        _database = new NpgsqlConnection(cluster.ConnectionString + ";Pooling=false");
        _mqtt = new MosquittoClient(new MqttOptions { Port = cluster.Broker.Port, ClientId = "meter" }, null, NullLogger<MosquittoClient>.Instance);
        foreach (string sum in s_brokerSums)
            _mqtt.Subscribe("$SYS/broker/" + sum, MqttQos.AtMostOnce, _messages);
        _mqtt.Start();
        _following = FollowAsync();
    }

    /// <summary>The sums, in the order of <see cref="ClusterUnits"/>; a node that is not there any more counts nothing.</summary>
    public async Task<ClusterUnits> ReadAsync(bool one = true)
    {
        (double cpuOne, double commitsOne) = one ? await NodeAsync(_cluster.One) : default;
        (double cpuTwo, double commitsTwo) = await NodeAsync(_cluster.Two);
        double[] broker = [.. s_brokerSums.Select(sum => _broker.GetValueOrDefault("$SYS/broker/" + sum))];
        if (_database.State != System.Data.ConnectionState.Open)
            await _database.OpenAsync();
        await using NpgsqlCommand command = _database.CreateCommand();
        command.CommandText = """
            SELECT (tup_inserted + tup_updated + tup_deleted)::float8, (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8, xact_commit::float8
            FROM pg_stat_database WHERE datname = current_database()
            """;
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new ClusterUnits(
            [
                cpuOne, cpuTwo, ProcessorTime.OfThread(_cluster.Broker.ProcessId), ProcessorTime.OfFamily(_cluster.Database.ProcessId),
                .. broker, commitsOne + commitsTwo, reader.GetDouble(0), reader.GetDouble(1), reader.GetDouble(2),
            ],
            Stopwatch.GetTimestamp());
    }

    public async ValueTask DisposeAsync()
    {
        await _mqtt.DisposeAsync();
        _messages.Writer.TryComplete();
        await _following;
        await _database.DisposeAsync();
        _http.Dispose();
    }

    private async Task FollowAsync()
    {
        await foreach (MqttMessage message in _messages.Reader.ReadAllAsync())
            _broker[message.Topic] = double.Parse(Encoding.ASCII.GetString(message.Payload.Span), CultureInfo.InvariantCulture);
    }

    private async Task<(double Cpu, double Commits)> NodeAsync(ChildServer node)
    {
        string metrics = await _http.GetStringAsync(new Uri($"http://127.0.0.1:{node.ApiPort}/metrics"));
        (double cpu, _) = await node.FiguresAsync();
        return (cpu, metrics.Split('\n')
            .Where(line => line.StartsWith("amps_storage_commits_total", StringComparison.Ordinal))
            .Sum(line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture)));
    }
}
