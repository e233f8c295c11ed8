using Amps.Ocpp.Bench.Load;
using Amps.Ocpp.Bench.Measuring;
using Amps.Ocpp.Bench.Servers;

namespace Amps.Ocpp.Bench.Scenarios;

/// <summary>GET of one charger, answered from the cache, beside a bare minimal API.</summary>
internal static class ReadScenario
{
    public static async Task RunAsync(BenchOptions options, ResultTable table)
    {
        using var data = new TemporaryDirectory();
        await using ChildServer ours = await ChildServer.StartAsync(ServerLoop.Amps, data.Path);
        await using ChildServer bare = await ChildServer.StartAsync(ServerLoop.BareApi);
        string key = await ours.SeedAsync(options.Connections);
        using ChargePointFleet fleet = await ChargePointFleet.ConnectAsync(ours.OcppPort, options.Connections, rest: true);
        await AwaitCacheAsync(ours.ApiPort, key);
        ILoad our = await LoadAsync(ours.ApiPort, key, options.Connections);
        ILoad their = await LoadAsync(bare.ApiPort, BareApiServer.Key, options.Connections);
        Rounds rounds = await Rounds.RunAsync(new Contender(ours, our), new Contender(bare, their), options);
        int size = (await FirstAsync(ours.ApiPort, key)).Length;
        int bareSize = (await FirstAsync(bare.ApiPort, BareApiServer.Key)).Length;
        rounds.Report(table, $"GET from the cache, {options.Connections} connections, bodies of {size} and {bareSize} B", rateGoal: "≥ 0.95", cpuGoal: "–");
    }

    private static async Task<ILoad> LoadAsync(int port, string key, int connections)
    {
        var steps = new List<Func<ValueTask>>();
        for (int i = 0; i < connections; i++)
        {
            HttpClientConnection connection = await HttpClientConnection.ConnectAsync(port, i);
            byte[] request = HttpClientConnection.Request("GET", "/ev-charger/" + AmpsServer.Device(i), key);
            steps.Add(async () =>
            {
                if (await connection.SendRequestAsync(request) is not 200 and var status)
                    throw new IOException($"A read was answered {status}.");
            });
        }
        return new ClosedLoop(steps);
    }

    private static async Task<string> FirstAsync(int port, string key)
    {
        using HttpClientConnection connection = await HttpClientConnection.ConnectAsync(port, 0);
        return (await connection.ReadAsync(HttpClientConnection.Request("GET", "/ev-charger/" + AmpsServer.Device(0), key))).Body;
    }

    private static async Task AwaitCacheAsync(int port, string key)
    {
        for (int i = 0; i < 100; i++)
        {
            if ((await FirstAsync(port, key)).Contains("\"cache\"", StringComparison.Ordinal))
                return;
            await Task.Delay(100);
        }
        throw new InvalidOperationException("Reads do not come from the cache.");
    }
}
