using Amps.Ocpp.Bench.Load;
using Amps.Ocpp.Bench.Measuring;
using Amps.Ocpp.Bench.Servers;

namespace Amps.Ocpp.Bench.Scenarios;

/// <summary>A call of the charge points and its answer, over and over: the whole service beside the bare WebSocket server.</summary>
internal static class MessageScenario
{
    public static Task HeartbeatAsync(BenchOptions options, ResultTable table) =>
        RunAsync("Heartbeat", "{}", options, table, rateGoal: "–", cpuGoal: "≤ 1.3", allocationGoal: "≤ 200");

    public static Task MeterValuesAsync(BenchOptions options, ResultTable table) =>
        RunAsync("MeterValues", ChargePointFleet.MeterValues, options, table, rateGoal: "≥ 0.65", cpuGoal: "≤ 1.8", allocationGoal: "–");

    private static async Task RunAsync(string action, string payload, BenchOptions options, ResultTable table, string rateGoal, string cpuGoal, string allocationGoal)
    {
        using var data = new TemporaryDirectory();
        await using ChildServer ours = await ChildServer.StartAsync(ServerLoop.Amps, data.Path);
        await using ChildServer bare = await ChildServer.StartAsync(ServerLoop.BareWebSocket);
        await ours.SeedAsync(options.Connections);
        using ChargePointFleet our = await ChargePointFleet.ConnectAsync(ours.OcppPort, options.Connections);
        using ChargePointFleet their = await ChargePointFleet.ConnectAsync(bare.OcppPort, options.Connections);
        Rounds rounds = await Rounds.RunAsync(new Contender(ours, our.Loop(action, payload)), new Contender(bare, their.Loop(action, payload)), options);
        rounds.Report(table, $"{action}, {options.Connections} connections", rateGoal, cpuGoal, allocationGoal);
    }
}
