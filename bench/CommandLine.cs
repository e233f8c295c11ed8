using System.CommandLine;
using Amps.Ocpp.Bench.Measuring;
using Amps.Ocpp.Bench.Scenarios;
using Amps.Ocpp.Bench.Servers;

namespace Amps.Ocpp.Bench;

/// <summary>The program's command line, and the hidden command by which it starts its servers.</summary>
internal static class CommandLine
{
    private static readonly Dictionary<string, Func<BenchOptions, ResultTable, Task>> s_scenarios = new(StringComparer.Ordinal)
    {
        ["heartbeat"] = MessageScenario.HeartbeatAsync,
        ["metervalues"] = MessageScenario.MeterValuesAsync,
        ["read"] = ReadScenario.RunAsync,
        ["push"] = PushAsync,
        ["memory"] = MemoryScenario.RunAsync,
        ["start"] = StartScenario.RunAsync,
        ["units"] = UnitsScenario.RunAsync,
        ["nodes"] = NodesScenario.RunAsync,
        ["sizing"] = SizingScenario.RunAsync,
    };

    private static readonly Argument<string> s_scenario = new("scenario") { Description = $"all, or one of {string.Join(", ", s_scenarios.Keys)}" };
    private static readonly Option<int> s_rounds = new("--rounds") { Description = "Rounds of ours, then the reference.", DefaultValueFactory = _ => 7 };
    private static readonly Option<int> s_seconds = new("--seconds") { Description = "Length of one turn.", DefaultValueFactory = _ => 5 };
    private static readonly Option<int> s_warmUp = new("--warm-up") { Description = "Seconds of full load on each server before the rounds.", DefaultValueFactory = _ => 20 };
    private static readonly Option<int> s_connections = new("--connections") { Description = "Connections of a closed loop.", DefaultValueFactory = _ => 64 };

    private static readonly Argument<string> s_kind = new("kind");
    private static readonly Argument<int[]> s_ports = new("ports") { Arity = new ArgumentArity(3, 3) };
    private static readonly Option<string[]> s_settings = new("--setting");
    private static readonly Argument<string> s_data = new("data") { Arity = ArgumentArity.ZeroOrOne };

    public static RootCommand Build()
    {
        s_scenario.AcceptOnlyFromAmong(["all", .. s_scenarios.Keys]);
        var serve = new Command("serve", "One server of a measurement, told what to do by its input.") { s_kind, s_ports, s_data, s_settings };
        serve.Hidden = true;
        serve.SetAction((given, _) => ServerLoop.RunAsync(
            given.GetValue(s_kind)!,
            new ServerPlace(given.GetValue(s_ports)![0], given.GetValue(s_ports)![1], given.GetValue(s_ports)![2], given.GetValue(s_data) ?? "") { Settings = given.GetValue(s_settings) ?? [] }));
        var root = new RootCommand("Measures the service beside bare references in turns.") { s_scenario, s_rounds, s_seconds, s_warmUp, s_connections, serve };
        root.SetAction(MeasureAsync);
        return root;
    }

    private static async Task PushAsync(BenchOptions options, ResultTable table)
    {
        await PushScenario.RunAsync(options, table);
        await PushOverHttpScenario.RunAsync(options, table);
    }

    private static async Task<int> MeasureAsync(ParseResult given, CancellationToken cancellationToken)
    {
        var options = new BenchOptions(
            given.GetValue(s_rounds),
            TimeSpan.FromSeconds(given.GetValue(s_seconds)),
            TimeSpan.FromSeconds(given.GetValue(s_warmUp)),
            given.GetValue(s_connections));
        var table = new ResultTable();
        string scenario = given.GetValue(s_scenario)!;
        foreach ((string name, Func<BenchOptions, ResultTable, Task> measure) in s_scenarios)
        {
            if (scenario == name || scenario == "all")
                await measure(options, table);
        }
        table.Write(Console.Out);
        return 0;
    }
}
