using System.Collections.Concurrent;
using System.Diagnostics;
using Amps.Ocpp.Bench.Load;
using Amps.Ocpp.Bench.Measuring;
using Amps.Ocpp.Bench.Servers;

namespace Amps.Ocpp.Bench.Scenarios;

/// <summary>What comes over HTTP, once at the node that holds the link and once at the other one.</summary>
internal sealed class NodesRequests(Cluster cluster, string key) : IAsyncDisposable
{
    private readonly NodesWebhooks _webhooks = new(cluster);
    private readonly ConcurrentDictionary<string, ConcurrentBag<double>> _times = new(StringComparer.Ordinal);

    /// <summary>Each kind: its name, how many, and what does them.</summary>
    public IEnumerable<(string What, int Count, Func<Task> Use)> All(int devices, int atOnce)
    {
        foreach ((ChildServer node, string where) in new[] { (cluster.One, "at the node that holds the link"), (cluster.Two, "at the other node") })
        {
            string what = $"push of idle, {where}";
            yield return (what, devices, () => EachAsync(what, node.ApiPort, devices, atOnce, 202, Push));
        }
        foreach ((ChildServer node, string where) in new[] { (cluster.One, "at the node that holds the link"), (cluster.Two, "at the other node") })
        {
            string what = $"command to the charge point and its answer, {where}";
            yield return (what, devices, () => EachAsync(what, node.ApiPort, devices, 8, 200, Command));
        }
        foreach ((ChildServer node, string where) in new[] { (cluster.One, "at the node that holds the link"), (cluster.Two, "at the other node") })
        {
            string what = $"read from the cache, {where}";
            yield return (what, devices * 10, async () =>
            {
                for (int i = 0; i < 10; i++)
                    await EachAsync(what, node.ApiPort, devices, atOnce, 200, Read);
            }
            );
        }
        const string Told = "push of idle at the node that holds the link, and the delivery of its webhook";
        yield return (Told, devices, async () =>
        {
            await _webhooks.OpenAsync();
            await EachAsync(Told, cluster.One.ApiPort, devices, atOnce, 202, Push);
            await _webhooks.AwaitAsync(devices);
            await _webhooks.CloseAsync();
        }
        );
    }

    public void Report(ResultTable table)
    {
        foreach ((string what, ConcurrentBag<double> times) in _times.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            double[] sorted = [.. times.Order()];
            table.Add($"{what}: p50 and p99 of the answer, ms", new Series([sorted[sorted.Length / 2]]), new Series([sorted[sorted.Length * 99 / 100]]), new Series([sorted[sorted.Length * 99 / 100] / sorted[sorted.Length / 2]]));
        }
    }

    public ValueTask DisposeAsync() => _webhooks.DisposeAsync();

    private byte[] Push(int number) => HttpClientConnection.Request("POST", "/ev-charger/" + AmpsServer.Device(number), key, """{"action":{"command":"idle"}}""");

    private byte[] Read(int number) => HttpClientConnection.Request("GET", "/ev-charger/" + AmpsServer.Device(number), key);

    private static byte[] Command(int number) => HttpClientConnection.Request(
        "POST", $"/operator/charge-points/{AmpsServer.ChargePoint(number)}/calls", Cluster.OperatorKey,
        number % 5 == 0 ? """{"action":"GetLocalListVersion","payload":{}}""" : """{"action":"GetConfiguration","payload":{}}""");

    private async Task EachAsync(string what, int port, int devices, int atOnce, int expected, Func<int, byte[]> request)
    {
        ConcurrentBag<double> times = _times.GetOrAdd(what, static _ => []);
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async worker =>
        {
            using HttpClientConnection connection = await HttpClientConnection.ConnectAsync(port, worker);
            for (int number = worker; number < devices; number += atOnce)
            {
                long start = Stopwatch.GetTimestamp();
                (int status, string body) = await connection.ReadAsync(request(number));
                if (status != expected)
                    throw new IOException($"{what} was answered {status}: {body}");
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }));
    }
}
