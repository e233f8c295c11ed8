using Amps.Ocpp.Bench.Load;
using Amps.Ocpp.Bench.Measuring;
using Amps.Ocpp.Bench.Servers;

namespace Amps.Ocpp.Bench.Scenarios;

/// <summary>
/// What an idle charge point costs: registered, authenticated, booted, prepared, beside an idle connection of the bare WebSocket
/// server. Each figure is what the process holds after a forced collection, less what it held before the first was registered.
/// </summary>
internal static class MemoryScenario
{
    /// <summary>The service still reads settings and asks for a status some seconds after the boot; then nothing moves.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(BenchOptions options, ResultTable table)
    {
        foreach (int count in (int[])[2_000, 10_000])
        {
            (double heap, double all) = await MeasureAsync(ServerLoop.Amps, count);
            (double bareHeap, double bareAll) = await MeasureAsync(ServerLoop.BareWebSocket, count);
            Row($"managed heap of an idle connection, {count} connections, B", heap, bareHeap, "–");
            Row($"private memory of an idle connection, {count} connections, B", all, bareAll, count == 10_000 ? "≤ 1.4" : "–");
        }

        void Row(string what, double ours, double bare, string goal) => table.Add(what, new Series([ours]), new Series([bare]), new Series([ours / bare]), goal);
    }

    private static async Task<(double Heap, double Private)> MeasureAsync(string kind, int count)
    {
        using var data = new TemporaryDirectory();
        await using ChildServer server = await ChildServer.StartAsync(kind, data.Path);
        await ExerciseAsync(server, kind);
        (double heap, double all) = await server.MemoryAsync();
        if (kind == ServerLoop.Amps)
            await server.SeedAsync(count);
        using ChargePointFleet fleet = await ChargePointFleet.ConnectAsync(server.OcppPort, count, rest: true);
        await Task.Delay(Settling);
        (double heapAfter, double allAfter) = await server.MemoryAsync();
        return ((heapAfter - heap) / count, (allAfter - all) / count);
    }

    /// <summary>What the process loads and compiles at its first connections is no connection's memory.</summary>
    private static async Task ExerciseAsync(ChildServer server, string kind)
    {
        if (kind == ServerLoop.Amps)
            await server.SeedAsync(1);
        using ChargePointFleet fleet = await ChargePointFleet.ConnectAsync(server.OcppPort, 1);
        await fleet.Loop("Heartbeat", "{}").RunAsync(TimeSpan.FromSeconds(5));
    }
}
