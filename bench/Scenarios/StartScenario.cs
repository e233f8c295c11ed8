using System.Diagnostics;
using System.Net.Sockets;
using Amps.Ocpp.Bench.Load;
using Amps.Ocpp.Bench.Measuring;
using Amps.Ocpp.Bench.Servers;

namespace Amps.Ocpp.Bench.Scenarios;

/// <summary>From the start of the process to its first good answer, with 10,000 charge points in store, beside an empty application.</summary>
internal static class StartScenario
{
    private const int ChargePoints = 10_000;

    public static async Task RunAsync(BenchOptions options, ResultTable table)
    {
        using var data = new TemporaryDirectory();
        await using (ChildServer seeded = await ChildServer.StartAsync(ServerLoop.Amps, data.Path))
            await seeded.SeedAsync(ChargePoints);
        List<double> ours = [], empty = [];
        for (int i = -1; i < options.Rounds; i++)
        {
            double our = await StartAsync(ServerLoop.Amps, data.Path);
            double their = await StartAsync(ServerLoop.Empty, "");
            if (i < 0)
                continue; // The first pair brings the files into memory.
            ours.Add(our);
            empty.Add(their);
        }
        table.Add($"start to ready with {ChargePoints} charge points, ms", new Series(ours), new Series(empty), Series.Ratio(ours, empty), "≤ 1.3");
    }

    private static async Task<double> StartAsync(string kind, string data)
    {
        byte[] request = HttpClientConnection.Request("GET", "/health/ready", "");
        long start = Stopwatch.GetTimestamp();
        await using ChildServer server = ChildServer.Launch(kind, data);
        while (!await IsReadyAsync(server.ApiPort, request))
            await Task.Delay(2);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static async Task<bool> IsReadyAsync(int port, byte[] request)
    {
        try
        {
            using HttpClientConnection connection = await HttpClientConnection.ConnectAsync(port, 0);
            return await connection.SendRequestAsync(request) == 200;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
