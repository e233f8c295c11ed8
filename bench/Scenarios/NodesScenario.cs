using Amps.Ocpp.Bench.Load;
using Amps.Ocpp.Bench.Measuring;
using Amps.Ocpp.Bench.Servers;

namespace Amps.Ocpp.Bench.Scenarios;

/// <summary>
/// What one of each costs two nodes, their broker and their PostgreSQL. Half of the charge points is linked to each node; only those of
/// the first say anything, so what the second uses is what a further node costs. What passes by itself, measured in each round while
/// nothing is said, is taken off.
/// </summary>
internal static class NodesScenario
{
    private const int Count = 2000;
    private const int Half = Count / 2;
    private const int AtOnce = 32;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(40);

    /// <summary>Mere measurements reach the store every 30 s.</summary>
    private static readonly TimeSpan UntilStored = TimeSpan.FromSeconds(35);
    private static readonly TimeSpan Shortly = TimeSpan.FromSeconds(6);

    public static async Task RunAsync(BenchOptions options, ResultTable table)
    {
        await using Cluster cluster = await Cluster.StartAsync();
        string key = await cluster.One.SeedAsync(Count);
        await Task.Delay(Shortly);
        await using var meter = new ClusterMeter(cluster);
        await using var requests = new NodesRequests(cluster, key);
        var units = new NodesTable();
        using ChargePointFleet listening = await ChargePointFleet.ConnectAsync(cluster.Two.OcppPort, Half, rest: true, first: Half, mixed: true);
        using (ChargePointFleet first = await ChargePointFleet.ConnectAsync(cluster.One.OcppPort, Half, mixed: true))
            await IdleAsync(first, UntilStored);
        for (int round = 0; round < options.Rounds; round++)
            await RoundAsync(round);
        units.Write(Console.Out);
        requests.Report(table);
        await NodesStorm.RunAsync(cluster, meter, listening, table);

        async Task RoundAsync(int round)
        {
            ChargePointFleet? fleet = null;
            double[] still = new double[ClusterUnits.Shown + 1];
            double[] returns = await MeasureAsync(null, Half, UntilStored, async () => fleet = await ChargePointFleet.ConnectAsync(cluster.One.OcppPort, Half, mixed: true));
            using (fleet)
            {
                still = [.. (await MeasureAsync(null, 1, Quiet, static () => Task.CompletedTask)).Select(sum => sum / Quiet.TotalSeconds)];
                units.Add($"second in which nothing is said, {Half} links a node", still);
                units.Add("return: handshake, password, boot, status, sample", [.. returns.Zip(still, static (sum, one) => sum - (one * UntilStored.TotalSeconds / Half))]);
                await EachAsync("Heartbeat", 20, Shortly, static client => client.CallAsync(OcppClient.Prepare("Heartbeat", "{}")));
                int turn = round;
                await EachAsync("StatusNotification that changes the status", 1, Shortly, client => client.CallAsync(OcppClient.Prepare("StatusNotification", client.Words.Status(turn + 1))));
                await EachAsync("MeterValues of 1 KB", 1, UntilStored, static client => client.CallAsync(OcppClient.Prepare("MeterValues", client.Words.MeterValues)));
                await EachAsync("transaction: its start and its end", 1, Shortly, static client => client.Words.Transact(client));
                foreach ((string what, int times, Func<Task> use) in requests.All(Half, AtOnce))
                    await MeasureAsync(what, times, Shortly, use);
            }

            Task EachAsync(string what, int times, TimeSpan settling, Func<OcppClient, ValueTask> use) => MeasureAsync(what, Half * times, settling, async () =>
            {
                for (int i = 0; i < times; i++)
                    await Parallel.ForEachAsync(fleet!.Clients, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, (client, _) => use(client));
            }, answering: false);

            async Task<double[]> MeasureAsync(string? what, int count, TimeSpan settling, Func<Task> use, bool answering = true)
            {
                ClusterUnits before = await meter.ReadAsync();
                using var settled = new CancellationTokenSource();
                Task answers = answering && fleet is not null ? IdleAsync(fleet, settled.Token) : Task.CompletedTask;
                await use();
                if (answers.IsCompleted)
                    answers = IdleAsync(fleet!, settled.Token);
                settled.CancelAfter(settling);
                await answers;
                ClusterUnits after = await meter.ReadAsync();
                double seconds = after.SecondsSince(before);
                double[] unit = [.. after.Since(before).Zip(still, (sum, standing) => (sum - (standing * seconds)) / count)];
                if (what is not null)
                    units.Add(what, unit);
                return unit;
            }
        }
    }

    private static async Task IdleAsync(ChargePointFleet fleet, TimeSpan length)
    {
        using var end = new CancellationTokenSource(length);
        await IdleAsync(fleet, end.Token);
    }

    private static Task IdleAsync(ChargePointFleet fleet, CancellationToken cancellationToken) =>
        Task.WhenAll(fleet.Clients.Select(client => client.IdleAsync(cancellationToken)));
}
