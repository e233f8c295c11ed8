using System.Text.Json.Nodes;
using Amps.HardwareSim;
using Amps.HardwareSim.Ocpp2;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.HardwareSim;

/// <summary>A simulated station, the central system it talks to, and the clock of both.</summary>
internal sealed class StationHarness : IAsyncDisposable
{
    private readonly SimulationClock _clock;

    private StationHarness(ScriptedCentralSystem central, SimulationClock clock, ManualTimeProvider time, SimulatedChargePointOptions options)
    {
        Central = central;
        _clock = clock;
        Time = time;
        Options = options;
        Station = new SimulatedStation(options, clock);
    }

    public ScriptedCentralSystem Central { get; }

    public ManualTimeProvider Time { get; }

    public SimulatedChargePointOptions Options { get; }

    public SimulatedStation Station { get; private set; }

    public ConnectorSnapshot First => Station.Snapshots[0];

    public IReadOnlyList<JsonObject> Events => Central.Of("TransactionEvent");

    public static async Task<StationHarness> StartAsync(
        string version, Personality? personality = null, int evses = 1, string? folder = null, bool plugged = false, Func<string, JsonObject, JsonNode?>? script = null, bool accepted = true)
    {
        ScriptedCentralSystem central = await ScriptedCentralSystem.StartAsync(version);
        if (script is not null)
            central.Script = script;
        var time = new ManualTimeProvider();
        var harness = new StationHarness(central, new SimulationClock(time), time, new SimulatedChargePointOptions
        {
            Id = "STATION1",
            Url = central.Url,
            OcppVersion = version,
            DataDirectory = folder,
            Personality = personality ?? new Personality(),
            Connectors = [.. Enumerable.Range(1, evses).Select(_ => new ConnectorOptions { Vehicle = plugged ? new VehicleOptions() : null })],
        });
        harness.Station.Start();
        if (accepted)
            await harness.SettledAsync();
        return harness;
    }

    /// <summary>Lets time pass until a condition holds.</summary>
    public Task PassUntilAsync(Func<bool> condition, string what) => Wait.UntilAsync(() =>
    {
        if (condition())
            return true;
        Time.Advance(TimeSpan.FromSeconds(1));
        return false;
    }, what + ": " + string.Join('\n', Central.Told.Select(told => $"{told.Action} {told.Payload.ToJsonString()}")));

    /// <summary>Accepted, and everything told was answered.</summary>
    public Task SettledAsync() => Wait.UntilAsync(() => Station.IsSettled, "the station is settled");

    /// <summary>The station is gone and another takes its place with what survived in its folder.</summary>
    public async Task ReplaceAsync()
    {
        await Station.DisposeAsync();
        Station = new SimulatedStation(Options, _clock);
        Station.Start();
        await SettledAsync();
    }

    public async Task<string> StatusAsync(string action, string payload) => (await Central.CallAsync(action, payload))["status"]?.GetValue<string>() ?? "no status";

    /// <summary>Sets a limit, by default relative and for any transaction.</summary>
    public Task<JsonObject> LimitAsync(
        int id, double limit, string purpose = "TxDefaultProfile", int evseId = 0, int stackLevel = 0, string unit = "A", string kind = "Relative", string? transactionId = null, int? phases = null, string? more = null)
    {
        string start = kind is "Absolute" or "Recurring" ? ",\"startSchedule\":\"2025-06-01T00:00:00Z\"" : "";
        string transaction = transactionId is null ? "" : $",\"transactionId\":\"{transactionId}\"";
        string numberPhases = phases is null ? "" : $",\"numberPhases\":{phases}";
        return Central.CallAsync("SetChargingProfile", $$"""
            {"evseId":{{evseId}},"chargingProfile":{"id":{{id}},"stackLevel":{{stackLevel}},"chargingProfilePurpose":"{{purpose}}","chargingProfileKind":"{{kind}}"{{transaction}}{{more}},
            "chargingSchedule":[{"id":1,"chargingRateUnit":"{{unit}}"{{start}},"chargingSchedulePeriod":[{"startPeriod":0,"limit":{{limit.ToString(System.Globalization.CultureInfo.InvariantCulture)}}{{numberPhases}} }]}] } }
            """);
    }

    public Task<string> RemoteStartAsync(int remoteStartId = 7, string more = "") =>
        StatusAsync("RequestStartTransaction", $$"""{"idToken":{"idToken":"APP","type":"Central"},"remoteStartId":{{remoteStartId}},"evseId":1{{more}}}""");

    public async ValueTask DisposeAsync()
    {
        await Station.DisposeAsync();
        await _clock.DisposeAsync();
        await Central.DisposeAsync();
    }
}
