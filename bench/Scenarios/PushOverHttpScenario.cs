using Amps.Ocpp.Bench.Load;
using Amps.Ocpp.Bench.Measuring;
using Amps.Ocpp.Bench.Servers;

namespace Amps.Ocpp.Bench.Scenarios;

/// <summary>
/// The whole of a push: POST to the service, the durable insert, 202; behind it the dispatch and the end of the action, which are
/// durable too. The chargers are connected and have nothing to stop, so that the action ends at once.
/// </summary>
internal static class PushOverHttpScenario
{
    private const int DevicesOfOneClient = 16;

    public static async Task RunAsync(BenchOptions options, ResultTable table)
    {
        using var data = new TemporaryDirectory();
        await using ChildServer server = await ChildServer.StartAsync(ServerLoop.Amps, data.Path);
        int devices = options.Connections * DevicesOfOneClient;
        string key = await server.SeedAsync(devices);
        using ChargePointFleet fleet = await ChargePointFleet.ConnectAsync(server.OcppPort, devices, rest: true);
        var conflicts = new StrongBox();
        ClosedLoop many = await LoadAsync(server.ApiPort, key, options.Connections, conflicts);
        ClosedLoop one = await LoadAsync(server.ApiPort, key, 1, conflicts);
        await many.RunAsync(options.WarmUp);
        List<double> rates = [], latencies = [];
        for (int i = 0; i < options.Rounds; i++)
        {
            long before = conflicts.Value;
            rates.Add((await many.RunAsync(options.Length) - (conflicts.Value - before)) / options.Length.TotalSeconds);
            latencies.Add(options.Length.TotalMicroseconds / await one.RunAsync(options.Length));
        }
        table.Add($"POST idle over HTTP, {options.Connections} clients: accepted/s", new Series(rates));
        table.Add("POST idle over HTTP, one client: mean, µs", new Series(latencies));
    }

    private sealed class StrongBox
    {
        public long Value;
    }

    private static async Task<ClosedLoop> LoadAsync(int port, string key, int clients, StrongBox conflicts)
    {
        var steps = new List<Func<ValueTask>>();
        for (int i = 0; i < clients; i++)
        {
            HttpClientConnection connection = await HttpClientConnection.ConnectAsync(port, i);
            int first = i * DevicesOfOneClient;
            byte[][] requests =
            [
                .. Enumerable.Range(first, DevicesOfOneClient).Select(device => HttpClientConnection.Request(
                    "POST", "/ev-charger/" + AmpsServer.Device(device), key, """{"action":{"command":"idle"}}""")),
            ];
            int next = 0;
            steps.Add(async () =>
            {
                int status = await connection.SendRequestAsync(requests[next++ % DevicesOfOneClient]);
                if (status == 409)
                    Interlocked.Increment(ref conflicts.Value);
                else if (status != 202)
                    throw new IOException($"A push was answered {status}.");
            });
        }
        return new ClosedLoop(steps);
    }
}
