using System.CommandLine;
using System.Net;
using System.Runtime.InteropServices;
using Amps.HardwareSim.Ocpp2;

namespace Amps.HardwareSim;

/// <summary>The program: simulated charge points from a command line, and a prompt to play with them.</summary>
internal static class CommandLine
{
    private const string PasswordVariable = "AMPS_SIM_PASSWORD";
    private const int SocketsPerAddress = 15_000;

    private static readonly Option<string> s_url = new("--url") { Description = "Central system, without the identity.", DefaultValueFactory = _ => "ws://127.0.0.1:9000/ocpp" };
    private static readonly Option<string> s_ocpp = new("--ocpp") { Description = "Version it speaks: 1.6, 2.0.1 or 2.1.", DefaultValueFactory = _ => "1.6" };
    private static readonly Option<string> s_id = new("--id") { Description = "Identity; with --count the prefix of ID-0001, ID-0002, …", DefaultValueFactory = _ => "sim" };
    private static readonly Option<int> s_count = new("--count") { Description = "How many charge points.", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> s_connectors = new("--connectors") { Description = "Connectors of each.", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> s_phases = new("--phases") { Description = "1 or 3.", DefaultValueFactory = _ => 3 };
    private static readonly Option<double> s_current = new("--rated-current") { Description = "A per phase.", DefaultValueFactory = _ => 32 };
    private static readonly Option<bool> s_plugged = new("--plugged") { Description = "A vehicle is plugged in at the start." };
    private static readonly Option<string?> s_password = new("--password") { Description = $"Basic authentication; better by the environment: {PasswordVariable}." };
    private static readonly Option<int> s_interval = new("--meter-interval") { Description = "Seconds between meter values in a transaction.", DefaultValueFactory = _ => 60 };
    private static readonly Option<double> s_scale = new("--time-scale") { Description = "Seconds of charging in a second.", DefaultValueFactory = _ => 1 };
    private static readonly Option<DirectoryInfo?> s_data = new("--data") { Description = "Folder for what survives the process: profiles, configuration, registers." };
    private static readonly Option<int> s_rate = new("--connect-rate") { Description = "Charge points that connect in a second.", DefaultValueFactory = _ => 500 };
    private static readonly Option<bool> s_spread = new("--bind-spread") { Description = "Connect from 127.0.0.2, 127.0.0.3, … for more sockets than one address has ports." };
    private static readonly Option<bool> s_interactive = new("--interactive") { Description = "Prompt for commands even where the input is no terminal." };
    private static readonly Option<string?> s_personality = new("--personality") { Description = "How it departs from the standard; --list-personalities lists the names." };
    private static readonly Option<bool> s_personalities = new("--list-personalities") { Description = "List the personalities and end." };
    private static readonly Option<bool> s_quiet = new("--quiet") { Description = "Print nothing but errors." };

    private static readonly Option<FileInfo?> s_replay = new("--replay") { Description = "A saved answer of GET /operator/charge-points/{id}/frames: plays it once and ends, 1 where the central system did otherwise." };
    private static readonly string[] s_versions = ["1.6", .. SimulatedStation.Versions];

    public static RootCommand Build()
    {
        var root = new RootCommand("Simulated charge points that speak OCPP 1.6, 2.0.1 or 2.1.")
        {
            s_url, s_ocpp, s_id, s_count, s_connectors, s_phases, s_current, s_plugged, s_password, s_interval, s_scale, s_data, s_rate, s_spread, s_interactive, s_personality, s_personalities, s_quiet, s_replay,
        };
        root.SetAction(RunAsync);
        return root;
    }

    private static async Task<int> RunAsync(ParseResult given, CancellationToken cancellationToken)
    {
        if (given.GetValue(s_personalities))
        {
            foreach (Personality personality in PersonalityCatalog.All.Values)
                Console.WriteLine($"{personality.Name,-44} {string.Join(',', personality.Versions),-9} {string.Join(' ', personality.Quirks),-12} {personality.Description}");
            return 0;
        }
        if (Wrong(given) is { } wrong)
        {
            await Console.Error.WriteLineAsync($"error: {wrong}");
            return 2;
        }
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => End(signal, end));
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => End(signal, end));
        if (given.GetValue(s_replay) is { } file)
            return await ReplayAsync(given, file, end.Token);
        await using var clock = new SimulationClock();
        List<SimulatedHardware> chargePoints = [.. Enumerable.Range(1, given.GetValue(s_count)).Select(number => Make(OptionsOf(given, number), clock))];
        Task starting = StartAsync(chargePoints, Math.Max(1, given.GetValue(s_rate)), given.GetValue(s_quiet), end.Token);
        if (given.GetValue(s_interactive) || !Console.IsInputRedirected)
        {
            await new Prompt(chargePoints, Console.In, Console.Out).RunAsync(end.Token);
            await end.CancelAsync();
        }
        await Task.Delay(Timeout.Infinite, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await starting;
        await Parallel.ForEachAsync(chargePoints, CancellationToken.None, static async (chargePoint, _) => await chargePoint.DisposeAsync());
        return 0;
    }

    private static string? Wrong(ParseResult given) =>
        !Uri.TryCreate(given.GetValue(s_url), UriKind.Absolute, out Uri? url) || url.Scheme is not ("ws" or "wss") ? "--url: a ws:// or wss:// address"
        : given.GetValue(s_count) < 1 ? "--count: at least 1"
        : given.GetValue(s_connectors) is < 1 or > 64 ? "--connectors: 1 to 64"
        : given.GetValue(s_phases) is not (1 or 3) ? "--phases: 1 or 3"
        : given.GetValue(s_personality) is { } name && !PersonalityCatalog.All.ContainsKey(name) ? $"--personality: there is no '{name}'; --list-personalities lists them"
        : !s_versions.Contains(given.GetValue(s_ocpp)) ? "--ocpp: 1.6, 2.0.1 or 2.1"
        : given.GetValue(s_personality) is { } named && !PersonalityCatalog.All[named].Versions.Contains(given.GetValue(s_ocpp)!) ? $"--personality: '{named}' speaks {string.Join(" or ", PersonalityCatalog.All[named].Versions)}"
        : null;

    private static async Task<int> ReplayAsync(ParseResult given, FileInfo file, CancellationToken end)
    {
        try
        {
            ReplayLog log = ReplayLog.Read(await File.ReadAllTextAsync(file.FullName, end));
            string id = given.GetResult(s_id) is { Implicit: false } ? given.GetValue(s_id)! : log.ChargePointId;
            var replay = new Replay(log, OptionsOf(given, 1) with { Id = id }, TimeProvider.System, TimeSpan.FromSeconds(5));
            await replay.RunAsync(end);
            foreach (string difference in replay.Differences)
                await Console.Error.WriteLineAsync($"difference: {difference}");
            Console.WriteLine($"{id}: {replay.Played} messages played, {replay.Differences.Count} differences");
            return replay.Differences.Count == 0 ? 0 : 1;
        }
        catch (Exception e) when (e is IOException or FormatException or System.Net.WebSockets.WebSocketException or TimeoutException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"error: --replay {file}: {e.Message}");
            return 2;
        }
    }

    private static SimulatedHardware Make(SimulatedChargePointOptions options, SimulationClock clock) =>
        options.OcppVersion == "1.6" ? new SimulatedChargePoint(options, clock) : new SimulatedStation(options, clock);

    private static void End(PosixSignalContext signal, CancellationTokenSource end)
    {
        signal.Cancel = true;
        end.Cancel();
    }

    private static async Task StartAsync(List<SimulatedHardware> chargePoints, int perSecond, bool quiet, CancellationToken end)
    {
        try
        {
            int tenth = Math.Max(1, perSecond / 10);
            foreach (SimulatedHardware[] some in chargePoints.Chunk(tenth))
            {
                foreach (SimulatedHardware chargePoint in some)
                    chargePoint.Start();
                if (chargePoints.Count > tenth)
                    await Task.Delay(100, end);
            }
            while (!chargePoints.TrueForAll(chargePoint => chargePoint.IsAccepted))
                await Task.Delay(100, end);
            if (!quiet)
                Console.WriteLine(chargePoints.Count == 1 ? $"{chargePoints[0].Id} is connected and accepted" : $"all {chargePoints.Count} charge points are connected and accepted");
        }
        catch (OperationCanceledException)
        {
            // Ended before all were there.
        }
    }

    private static SimulatedChargePointOptions OptionsOf(ParseResult given, int number) => new()
    {
        Id = given.GetValue(s_count) == 1 ? given.GetValue(s_id)! : $"{given.GetValue(s_id)}-{number:0000}",
        Url = new Uri(given.GetValue(s_url)!),
        OcppVersion = given.GetValue(s_ocpp)!,
        Password = given.GetValue(s_password) ?? Environment.GetEnvironmentVariable(PasswordVariable),
        SerialNumber = $"SIM{number:00000}",
        MeterValueSampleInterval = given.GetValue(s_interval),
        TimeScale = given.GetValue(s_scale),
        DataDirectory = given.GetValue(s_data)?.FullName,
        LocalAddress = given.GetValue(s_spread) ? new IPAddress([127, 0, 0, (byte)(2 + (number / SocketsPerAddress))]) : null,
        Personality = given.GetValue(s_personality) is { } name ? PersonalityCatalog.All[name] : new Personality(),
        Seed = number,
        Connectors =
        [
            .. Enumerable.Range(1, given.GetValue(s_connectors)).Select(_ => new ConnectorOptions
            {
                Phases = given.GetValue(s_phases),
                RatedCurrent = given.GetValue(s_current),
                Vehicle = given.GetValue(s_plugged) ? new VehicleOptions { Phases = given.GetValue(s_phases) } : null,
            }),
        ],
    };
}
