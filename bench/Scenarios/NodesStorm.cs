using System.Diagnostics;
using Amps.Ocpp.Bench.Load;
using Amps.Ocpp.Bench.Measuring;
using Amps.Ocpp.Bench.Servers;

namespace Amps.Ocpp.Bench.Scenarios;

/// <summary>One node is killed, and every charge point, also those of the other, knocks at the one that is left.</summary>
internal static class NodesStorm
{
    private const int Count = 2000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan UntilStored = TimeSpan.FromSeconds(35);

    public static async Task RunAsync(Cluster cluster, ClusterMeter meter, ChargePointFleet listening, ResultTable table)
    {
        cluster.One.Kill();
        listening.Dispose();
        await Task.Delay(Pause);
        ClusterUnits before = await meter.ReadAsync(one: false);
        long start = Stopwatch.GetTimestamp();
        int refused = 0;
        (OcppClient Client, double Seconds)[] booted = await Task.WhenAll(Enumerable.Range(0, Count).Select(async number =>
        {
            while (true)
            {
                try
                {
                    OcppClient client = await ChargePointFleet.ConnectOneAsync(
                        cluster.Two.OcppPort, number, number % 5 == 0 ? ChargePointWords.Ocpp201 : ChargePointWords.Ocpp16);
                    return (client, Stopwatch.GetElapsedTime(start).TotalSeconds);
                }
                catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
                {
                    Interlocked.Increment(ref refused);
                    await Task.Delay(Pause);
                }
            }
        }));
        ClusterUnits atOnce = await meter.ReadAsync(one: false);
        using (var settled = new CancellationTokenSource(UntilStored))
            await Task.WhenAll(booted.Select(one => one.Client.IdleAsync(settled.Token)));
        ClusterUnits after = await meter.ReadAsync(one: false);
        double[] sorted = [.. booted.Select(one => one.Seconds).Order()];
        Row("half of them booted after, s", sorted[Count / 2]);
        Row("all of them booted after, s", sorted[^1]);
        Row("knocked again", refused);
        Row("node's CPU until all were booted, s", atOnce.Since(before)[1] / 1e6);
        Row("node's CPU with the 35 s that follow, s", after.Since(before)[1] / 1e6);
        Row("broker's CPU with what follows, s", after.Since(before)[2] / 1e6);
        Row("PostgreSQL's CPU with what follows, s", after.Since(before)[3] / 1e6);
        Row("messages into the broker", after.Since(before)[4]);
        Row("commits until all were booted", atOnce.Since(before)[8]);
        Row("commits with what follows", after.Since(before)[8]);
        Row("rows with what follows", after.Since(before)[9]);
        foreach ((OcppClient client, _) in booted)
            client.Dispose();

        void Row(string what, double value) => table.Add($"{Count} return at once to the node that is left: {what}", new Series([value]));
    }
}
