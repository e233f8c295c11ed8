using System.Text.Json.Nodes;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.HardwareSim;

/// <summary>A simulated station of 2.0.1 and 2.1: boot, transactions, absence, reboot.</summary>
public sealed class StationTests
{
    public static TheoryData<string> Versions => ["2.0.1", "2.1"];

    private static string Text(JsonNode? node, params string[] path) => path.Aggregate(node, static (at, name) => at?[name])?.ToString() ?? "";

    private static string Told(IEnumerable<JsonObject> events) => string.Join(' ', events.Select(told =>
        $"{Text(told, "eventType")}:{Text(told, "triggerReason")}:{Text(told, "transactionInfo", "chargingState")}:{Text(told, "seqNo")}"));

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_vehicle_is_plugged_in_started_and_stopped_from_afar(string version)
    {
        await using StationHarness at = await StationHarness.StartAsync(version);
        Assert.Equal("ocpp" + version, at.Central.Subprotocol);
        Assert.Equal(["BootNotification", "StatusNotification"], at.Central.Told.Select(told => told.Action));
        Assert.Equal("PowerUp", Text(at.Central.Told[0].Payload, "reason"));
        at.Station.PlugIn(1);
        await at.SettledAsync();
        Assert.Equal("Occupied", Text(at.Central.Of("StatusNotification")[^1], "connectorStatus"));
        Assert.Empty(at.Events);
        Assert.Equal("Accepted", await at.RemoteStartAsync());
        await Wait.UntilAsync(() => at.Events.Count == 2, "the start is told");
        Assert.Equal("Rejected", await at.RemoteStartAsync());
        await at.PassUntilAsync(() => at.Events.Count == 3, "a sample is told");
        string id = at.First.TransactionId!;
        Assert.All(at.Events, told => Assert.Equal(id, Text(told, "transactionInfo", "transactionId")));
        Assert.All(at.Events, told => Assert.Equal("7", Text(told, "transactionInfo", "remoteStartId")));
        Assert.Equal("APP", Text(at.Events[0], "idToken", "idToken"));
        Assert.Equal("Rejected", await at.StatusAsync("RequestStopTransaction", """{"transactionId":"another"}"""));
        Assert.Equal("Accepted", await at.StatusAsync("RequestStopTransaction", $$"""{"transactionId":"{{id}}"}"""));
        await Wait.UntilAsync(() => at.Events.Count == 4, "the end is told");
        Assert.Equal(
            "Started:RemoteStart:EVConnected:0 Updated:ChargingStateChanged:Charging:1 Updated:MeterValuePeriodic:Charging:2 Ended:RemoteStop:EVConnected:3", Told(at.Events));
        Assert.Equal("Remote", Text(at.Events[3], "transactionInfo", "stoppedReason"));
        JsonArray samples = at.Events[2]["meterValue"]![0]!["sampledValue"]!.AsArray();
        Assert.Equal(22080, samples.Single(sample => Text(sample, "measurand") == "Power.Active.Import")!["value"]!.GetValue<double>());
        at.Station.Unplug(1);
        await at.SettledAsync();
        Assert.Equal("Available", Text(at.Central.Of("StatusNotification")[^1], "connectorStatus"));
        Assert.Empty(at.Central.Violations);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task While_the_boot_is_pending_only_what_was_asked_for_is_told(string version)
    {
        string status = "Pending";
        await using StationHarness at = await StationHarness.StartAsync(version, plugged: true, accepted: false, script: (action, _) => action == "BootNotification"
            ? new JsonObject { ["status"] = status, ["interval"] = 20, ["currentTime"] = "2025-06-01T12:00:00Z" }
            : null);
        await Wait.UntilAsync(() => at.Central.Told.Count == 1, "the first boot");
        at.Station.PresentCard(1, "CARD");
        at.Station.Fault(1, "GroundFailure");
        at.Station.ClearFault(1);
        Assert.Equal("Accepted", await at.StatusAsync("GetBaseReport", """{"requestId":5,"reportBase":"SummaryInventory"}"""));
        await Wait.UntilAsync(() => at.Central.Told.Count == 2, "the report");
        Assert.Equal("Rejected", await at.RemoteStartAsync());
        Assert.Equal("Accepted", await at.StatusAsync("TriggerMessage", """{"requestedMessage":"StatusNotification","evse":{"id":1,"connectorId":1}}"""));
        await Wait.UntilAsync(() => at.Central.Told.Count == 3, "the status that was asked for");
        Assert.Equal("Accepted", await at.StatusAsync("TriggerMessage", """{"requestedMessage":"BootNotification"}"""));
        await Wait.UntilAsync(() => at.Central.Told.Count == 4, "the boot that was asked for");
        Assert.Equal(["BootNotification", "NotifyReport", "StatusNotification", "BootNotification"], at.Central.Told.Select(told => told.Action));
        Assert.Equal("Triggered", Text(at.Central.Told[3].Payload, "reason"));
        status = "Rejected";
        await at.PassUntilAsync(() => at.Central.Of("BootNotification").Count == 3, "the boot is tried again");
        Assert.Equal("SecurityError", Text(await at.Central.CallAsync("GetLocalListVersion"), "error"));
        status = "Accepted";
        await at.PassUntilAsync(() => at.Station.IsSettled, "the boot is accepted");
        Assert.Empty(at.Events);
        Assert.Equal("Rejected", await at.StatusAsync("TriggerMessage", """{"requestedMessage":"BootNotification"}"""));
        Assert.Empty(at.Central.Violations);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task What_happened_offline_is_told_afterwards_in_order(string version)
    {
        await using StationHarness at = await StationHarness.StartAsync(version, plugged: true);
        at.Station.PresentCard(1, "CARD");
        await Wait.UntilAsync(() => at.Events.Count == 2, "a transaction runs");
        at.Station.GoOffline();
        await Wait.UntilAsync(() => !at.Station.IsAccepted, "the link is gone");
        await at.PassUntilAsync(() => at.First.EnergyWh > 500, "energy flows");
        at.Station.PresentCard(1, "CARD");
        at.Station.PresentCard(1, "CARD");
        at.Station.PresentCard(1, "STRANGER");
        await at.PassUntilAsync(() => at.First.EnergyWh > 1000, "energy flows in the next transaction");
        at.Station.GoOnline();
        await at.PassUntilAsync(() => at.Station.IsSettled, "all is told");
        List<JsonObject> late = [.. at.Events.Where(told => told["offline"]?.GetValue<bool>() == true)];
        Assert.True(late.Count >= 4);
        Assert.Equal(at.Events.Skip(2).Take(late.Count), late);
        foreach (IGrouping<string, JsonObject> transaction in at.Events.GroupBy(told => Text(told, "transactionInfo", "transactionId")))
            Assert.Equal(Enumerable.Range(0, transaction.Count()), transaction.Select(told => told["seqNo"]!.GetValue<int>()));
        Assert.All(late.Where(told => Text(told, "eventType") == "Ended"), told => Assert.Equal("CARD", Text(told, "idToken", "idToken")));
        Assert.Equal(["Local"], late.Where(told => Text(told, "eventType") == "Ended").Select(told => Text(told, "transactionInfo", "stoppedReason")));
        Assert.Single(at.Central.Of("BootNotification"));
        Assert.Empty(at.Central.Violations);
    }

    [Fact]
    public async Task Start_and_stop_points_decide_when_a_transaction_is()
    {
        await using StationHarness at = await StationHarness.StartAsync("2.0.1");
        JsonObject set = await at.Central.CallAsync("SetVariables", """
            {"setVariableData":[{"component":{"name":"TxCtrlr"},"variable":{"name":"TxStartPoint"},"attributeValue":"EVConnected"},
            {"component":{"name":"TxCtrlr"},"variable":{"name":"TxStopPoint"},"attributeValue":"EVConnected"}]}
            """);
        Assert.All(set["setVariableResult"]!.AsArray(), result => Assert.Equal("Accepted", Text(result, "attributeStatus")));
        at.Station.PlugIn(1);
        await Wait.UntilAsync(() => at.Events.Count == 1, "the vehicle starts it");
        string id = at.First.TransactionId!;
        JsonObject answer = await at.Central.CallAsync("RequestStartTransaction", """{"idToken":{"idToken":"APP","type":"Central"},"remoteStartId":9}""");
        Assert.Equal(id, Text(answer, "transactionId"));
        await Wait.UntilAsync(() => at.Events.Count == 2, "charging starts");
        await at.StatusAsync("RequestStopTransaction", $$"""{"transactionId":"{{id}}"}""");
        await Wait.UntilAsync(() => at.Events.Count == 3, "charging stops");
        Assert.Equal("Accepted", await at.RemoteStartAsync(10));
        await Wait.UntilAsync(() => at.Events.Count == 4, "charging starts again");
        Assert.Equal(["APP", "APP"], at.Events.Where(told => told["idToken"] is not null).Select(told => Text(told, "idToken", "idToken")));
        Assert.Equal("10", Text(at.Events[3], "transactionInfo", "remoteStartId"));
        at.Station.Unplug(1);
        await Wait.UntilAsync(() => at.Events.Count == 5, "the transaction ends");
        Assert.Equal(
            "Started:CablePluggedIn:EVConnected:0 Updated:RemoteStart:Charging:1 Updated:RemoteStop:EVConnected:2 Updated:RemoteStart:Charging:3 Ended:EVCommunicationLost:Idle:4", Told(at.Events));
        Assert.Empty(at.Central.Violations);
    }

    [Fact]
    public async Task An_authorization_without_a_vehicle_runs_out_and_a_refused_token_ends_what_it_started()
    {
        await using StationHarness at = await StationHarness.StartAsync("2.0.1");
        Assert.Equal("Accepted", await at.RemoteStartAsync());
        Assert.Equal("Rejected", await at.RemoteStartAsync());
        await at.PassUntilAsync(() => at.StatusAsync("UnlockConnector", """{"evseId":1,"connectorId":1}""").GetAwaiter().GetResult() == "Unlocked", "nobody came");
        at.Central.Script = (action, payload) => action == "TransactionEvent" && payload["idToken"] is not null
            ? JsonNode.Parse("""{"idTokenInfo":{"status":"Blocked"}}""")
            : null;
        at.Station.PlugIn(1);
        Assert.Equal("Accepted", await at.RemoteStartAsync());
        await Wait.UntilAsync(() => at.First.TransactionId is null && at.Events.Count > 0 && Text(at.Events[^1], "eventType") == "Ended", "the token is refused");
        Assert.Equal("DeAuthorized", Text(at.Events[^1], "transactionInfo", "stoppedReason"));
        Assert.Empty(at.Central.Violations);
    }

    [Fact]
    public async Task What_must_survive_a_power_cut_does()
    {
        string folder = Directory.CreateTempSubdirectory("station-").FullName;
        try
        {
            await using StationHarness at = await StationHarness.StartAsync("2.0.1", folder: folder, plugged: true);
            await at.LimitAsync(1, 16, "ChargingStationMaxProfile", kind: "Absolute");
            await at.LimitAsync(2, 10);
            await at.RemoteStartAsync();
            await Wait.UntilAsync(() => at.First.TransactionId is not null, "a transaction runs");
            string id = at.First.TransactionId!;
            await at.LimitAsync(3, 8, "TxProfile", evseId: 1, transactionId: id);
            await at.PassUntilAsync(() => at.First.EnergyWh > 100, "energy flows");
            Assert.Equal(8, at.First.LimitA);
            double energy = at.First.EnergyWh;
            at.Station.GoOffline();
            await Wait.UntilAsync(() => !at.Station.IsAccepted, "the link is gone");
            int seen = at.Events.Count;
            at.Station.SuspendVehicle(1, true);
            await at.ReplaceAsync();
            await Wait.UntilAsync(() => at.Events.Count > seen, "what nobody heard is told");
            Assert.Equal("SuspendedEV", Text(at.Events[seen], "transactionInfo", "chargingState"));
            await Wait.UntilAsync(() => at.Events.Any(told => Text(told, "eventType") == "Ended"), "the lost transaction is told");
            JsonObject ended = at.Events.First(told => Text(told, "eventType") == "Ended");
            Assert.Equal(id, Text(ended, "transactionInfo", "transactionId"));
            Assert.Equal("PowerLoss", Text(ended, "transactionInfo", "stoppedReason"));
            Assert.Equal(10, at.First.LimitA);
            Assert.True(at.First.EnergyWh >= energy);
            Assert.Equal("Accepted", await at.StatusAsync("GetChargingProfiles", """{"requestId":1,"chargingProfile":{}}"""));
            await Wait.UntilAsync(() => at.Central.Of("ReportChargingProfiles").Count > 0, "profiles are reported");
            Assert.Equal([1, 2], at.Central.Of("ReportChargingProfiles").SelectMany(told => told["chargingProfile"]!.AsArray()).Select(profile => profile!["id"]!.GetValue<int>()));
            Assert.Empty(at.Central.Violations);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_reset_ends_transactions_at_once_or_waits_for_them()
    {
        await using StationHarness at = await StationHarness.StartAsync("2.1", plugged: true);
        await at.RemoteStartAsync();
        await Wait.UntilAsync(() => at.First.TransactionId is not null, "a transaction runs");
        Assert.Equal("Scheduled", await at.StatusAsync("Reset", """{"type":"OnIdle"}"""));
        await at.StatusAsync("RequestStopTransaction", $$"""{"transactionId":"{{at.First.TransactionId}}"}""");
        await at.PassUntilAsync(() => at.Central.Of("BootNotification").Count == 2 && at.Station.IsSettled, "it boots when it is idle");
        Assert.Equal("RemoteReset", Text(at.Central.Of("BootNotification")[1], "reason"));
        await at.RemoteStartAsync();
        await Wait.UntilAsync(() => at.First.TransactionId is not null, "a transaction runs");
        Assert.Equal("Accepted", await at.StatusAsync("Reset", """{"type":"Immediate"}"""));
        await at.PassUntilAsync(() => at.Central.Of("BootNotification").Count == 3 && at.Station.IsSettled, "it boots at once");
        Assert.Equal("ImmediateReset", Text(at.Events.Last(told => Text(told, "eventType") == "Ended"), "transactionInfo", "stoppedReason"));
        Assert.Equal("Accepted", await at.StatusAsync("Reset", """{"type":"Immediate","evseId":1}"""));
        Assert.Equal("Rejected", await at.StatusAsync("Reset", """{"type":"Immediate","evseId":4}"""));
        Assert.Equal(3, at.Central.Of("BootNotification").Count);
        Assert.Empty(at.Central.Violations);
    }
}
