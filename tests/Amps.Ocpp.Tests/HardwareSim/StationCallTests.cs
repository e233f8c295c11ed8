using System.Text.Json.Nodes;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.HardwareSim;

/// <summary>Calls to a simulated station: each is answered as its schema wants it, and has the effect it should.</summary>
public sealed class StationCallTests
{
    /// <summary>A lawful payload for each action, and what becomes of it: a status, <c>ok</c>, or the code of an error.</summary>
    private static readonly (string Action, string Payload, string Outcome)[] s_calls =
    [
        ("GetTransactionStatus", """{"transactionId":"none"}""", "ok"),
        ("ChangeAvailability", """{"operationalStatus":"Operative"}""", "Accepted"),
        ("UnlockConnector", """{"evseId":1,"connectorId":1}""", "Unlocked"),
        ("UnlockConnector", """{"evseId":1,"connectorId":2}""", "UnknownConnector"),
        ("ReserveNow", """{"id":3,"expiryDateTime":"2025-06-01T12:30:00Z","idToken":{"idToken":"CARD","type":"ISO14443"},"evseId":2}""", "Accepted"),
        ("CancelReservation", """{"reservationId":3}""", "Accepted"),
        ("CancelReservation", """{"reservationId":3}""", "Rejected"),
        ("SendLocalList", """{"versionNumber":4,"updateType":"Full","localAuthorizationList":[{"idToken":{"idToken":"CARD","type":"ISO14443"},"idTokenInfo":{"status":"Accepted"}}]}""", "Accepted"),
        ("SendLocalList", """{"versionNumber":4,"updateType":"Differential"}""", "VersionMismatch"),
        ("GetLocalListVersion", "{}", "ok"),
        ("ClearCache", "{}", "Accepted"),
        ("DataTransfer", """{"vendorId":"org.example"}""", "UnknownVendorId"),
        ("CustomerInformation", """{"requestId":1,"report":true,"clear":false}""", "Accepted"),
        ("CertificateSigned", """{"certificateChain":"-----BEGIN CERTIFICATE-----"}""", "Rejected"),
        ("InstallCertificate", """{"certificateType":"CSMSRootCertificate","certificate":"-----BEGIN CERTIFICATE-----"}""", "Rejected"),
        ("DeleteCertificate", """{"certificateHashData":{"hashAlgorithm":"SHA256","issuerNameHash":"a","issuerKeyHash":"b","serialNumber":"c"}}""", "NotFound"),
        ("GetInstalledCertificateIds", "{}", "NotFound"),
        ("GetLog", """{"logType":"SecurityLog","requestId":1,"log":{"remoteLocation":"https://127.0.0.1/x"}}""", "Rejected"),
        ("UpdateFirmware", """{"requestId":1,"firmware":{"location":"https://127.0.0.1/x","retrieveDateTime":"2030-01-01T00:00:00Z"}}""", "Rejected"),
        ("SetNetworkProfile", """{"configurationSlot":1,"connectionData":{"ocppVersion":"OCPP20","ocppTransport":"JSON","ocppCsmsUrl":"wss://127.0.0.1","messageTimeout":30,"securityProfile":2,"ocppInterface":"Wired0"}}""", "Accepted"),
        ("SetNetworkProfile", """{"configurationSlot":7,"connectionData":{"ocppVersion":"OCPP20","ocppTransport":"JSON","ocppCsmsUrl":"wss://127.0.0.1","messageTimeout":30,"securityProfile":2,"ocppInterface":"Wired0"}}""", "Rejected"),
        ("GetBaseReport", """{"requestId":1,"reportBase":"ConfigurationInventory"}""", "Accepted"),
        ("GetReport", """{"requestId":2,"componentVariable":[{"component":{"name":"EVSE"},"variable":{"name":"Power"}}]}""", "Accepted"),
        ("GetReport", """{"requestId":3,"componentVariable":[{"component":{"name":"Antenna"}}]}""", "EmptyResultSet"),
        ("TriggerMessage", """{"requestedMessage":"Heartbeat"}""", "Accepted"),
        ("TriggerMessage", """{"requestedMessage":"StatusNotification","evse":{"id":2,"connectorId":1}}""", "Accepted"),
        ("TriggerMessage", """{"requestedMessage":"MeterValues"}""", "Accepted"),
        ("TriggerMessage", """{"requestedMessage":"TransactionEvent"}""", "Rejected"),
        ("TriggerMessage", """{"requestedMessage":"FirmwareStatusNotification"}""", "Accepted"),
        ("TriggerMessage", """{"requestedMessage":"LogStatusNotification"}""", "Accepted"),
        ("TriggerMessage", """{"requestedMessage":"SignChargingStationCertificate"}""", "NotImplemented"),
        ("TriggerMessage", """{"requestedMessage":"MeterValues","evse":{"id":9}}""", "Rejected"),
        ("SetVariableMonitoring", """{"setMonitoringData":[{"value":30,"type":"Periodic","severity":9,"component":{"name":"EVSE","evse":{"id":1}},"variable":{"name":"Power"}},{"value":3,"type":"UpperThreshold","severity":9,"component":{"name":"EVSE","evse":{"id":1}},"variable":{"name":"Power"}}]}""", "ok"),
        ("ClearVariableMonitoring", """{"id":[1,99]}""", "ok"),
        ("GetDisplayMessages", """{"requestId":1}""", "NotSupported"),
        ("CostUpdated", """{"totalCost":1,"transactionId":"none"}""", "NotSupported"),
        ("RemoteStartTransaction", """{"idTag":"CARD"}""", "NotImplemented"),
        ("Reset", "{}", "OccurrenceConstraintViolation"),
        ("Reset", """{"type":1}""", "TypeConstraintViolation"),
        ("Reset", """{"type":"Soft"}""", "PropertyConstraintViolation"),
    ];

    private static readonly (string Action, string Payload, string Outcome)[] s_callsOf21 =
    [
        ("UsePriorityCharging", """{"transactionId":"none","activate":true}""", "NoProfile"),
        ("GetPeriodicEventStream", "{}", "ok"),
        ("AdjustPeriodicEventStream", """{"id":5,"params":{"interval":60}}""", "Rejected"),
        ("GetTariffs", """{"evseId":0}""", "NotSupported"),
    ];

    [Theory]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    public async Task Every_call_is_answered_as_its_schema_wants_it(string version)
    {
        await using StationHarness at = await StationHarness.StartAsync(version, evses: 2);
        foreach ((string action, string payload, string outcome) in s_calls)
            Assert.Equal((action, outcome), (action, Outcome(await at.Central.CallAsync(action, payload))));
        foreach ((string action, string payload, string outcome) in s_callsOf21)
            Assert.Equal((action, version == "2.1" ? outcome : "NotImplemented"), (action, Outcome(await at.Central.CallAsync(action, payload))));
        await at.SettledAsync();
        string[] told = [.. at.Central.Told.Select(told => told.Action)];
        foreach (string expected in new[] { "NotifyReport", "NotifyCustomerInformation", "Heartbeat", "MeterValues", "FirmwareStatusNotification", "LogStatusNotification" })
            Assert.Contains(expected, told);
        Assert.Empty(at.Central.Violations);
    }

    private static string Outcome(JsonObject answer) => answer["error"]?.GetValue<string>() ?? answer["status"]?.GetValue<string>() ?? "ok";

    [Fact]
    public async Task Variables_are_read_set_and_refused_by_what_they_are()
    {
        await using StationHarness at = await StationHarness.StartAsync("2.0.1");
        JsonObject set = await at.Central.CallAsync("SetVariables", """
            {"setVariableData":[
            {"component":{"name":"SampledDataCtrlr"},"variable":{"name":"TxUpdatedInterval"},"attributeValue":"15"},
            {"component":{"name":"SampledDataCtrlr"},"variable":{"name":"TxUpdatedInterval"},"attributeValue":"soon"},
            {"component":{"name":"TxCtrlr"},"variable":{"name":"TxStartPoint"},"attributeValue":"ParkingBayOccupancy"},
            {"component":{"name":"ChargingStation"},"variable":{"name":"Model"},"attributeValue":"Other"},
            {"component":{"name":"SecurityCtrlr"},"variable":{"name":"OrganizationName"},"attributeValue":"Other"},
            {"component":{"name":"TxCtrlr"},"variable":{"name":"NoSuch"},"attributeValue":"1"},
            {"component":{"name":"NoSuch"},"variable":{"name":"NoSuch"},"attributeValue":"1"},
            {"component":{"name":"TxCtrlr"},"variable":{"name":"EVConnectionTimeOut"},"attributeType":"Target","attributeValue":"1"}]}
            """);
        Assert.Equal(
            ["Accepted", "Rejected", "Rejected", "Rejected", "RebootRequired", "UnknownVariable", "UnknownComponent", "NotSupportedAttributeType"],
            set["setVariableResult"]!.AsArray().Select(result => result!["attributeStatus"]!.GetValue<string>()));
        JsonObject get = await at.Central.CallAsync("GetVariables", """
            {"getVariableData":[
            {"component":{"name":"SampledDataCtrlr"},"variable":{"name":"TxUpdatedInterval"}},
            {"component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}},
            {"component":{"name":"EVSE","evse":{"id":1}},"variable":{"name":"AvailabilityState"}},
            {"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"MessageAttempts","instance":"TransactionEvent"},"attributeType":"Actual"}]}
            """);
        Assert.Equal(["15", null, "Available", "3"], get["getVariableResult"]!.AsArray().Select(result => result!["attributeValue"]?.GetValue<string>()));
        Assert.Equal("Accepted", await at.StatusAsync("GetBaseReport", """{"requestId":6,"reportBase":"FullInventory"}"""));
        await Wait.UntilAsync(() => at.Central.Of("NotifyReport") is [.., var last] && !last["tbc"]!.GetValue<bool>(), "the report is complete");
        IReadOnlyList<JsonObject> parts = at.Central.Of("NotifyReport");
        Assert.True(parts.Count > 1);
        Assert.Equal(Enumerable.Range(0, parts.Count), parts.Select(part => part["seqNo"]!.GetValue<int>()));
        Assert.Empty(at.Central.Violations);
    }

    [Fact]
    public async Task A_new_password_is_used_from_the_next_link_on()
    {
        await using StationHarness at = await StationHarness.StartAsync("2.0.1");
        Assert.Null(at.Central.Authorization);
        JsonObject set = await at.Central.CallAsync("SetVariables", """
            {"setVariableData":[{"component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"},"attributeValue":"0123456789abcdef"}]}
            """);
        Assert.Equal("Accepted", set["setVariableResult"]![0]!["attributeStatus"]!.GetValue<string>());
        await at.PassUntilAsync(() => at.Central.Authorization is not null && at.Station.IsSettled, "it comes back");
        Assert.Equal("Basic " + Convert.ToBase64String("STATION1:0123456789abcdef"u8), at.Central.Authorization);
        Assert.Single(at.Central.Of("BootNotification"));
    }

    [Theory]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    public async Task What_is_no_frame_is_refused_and_the_link_stays(string version)
    {
        await using StationHarness at = await StationHarness.StartAsync(version);
        foreach (string text in new[] { "hello", "{}", "[2]", """[2,"x","Reset",[]]""", """[2,5,"Reset",{}]""" })
            await at.Central.SendAsync(text);
        Assert.Equal("ok", Outcome(await at.Central.CallAsync("GetLocalListVersion")));
        Assert.Equal(Enumerable.Repeat("""[4,"-1","RpcFrameworkError","",{}]""", 5), at.Central.Refusals);
    }

    [Fact]
    public async Task Triggers_in_a_transaction_tell_what_flows_now_and_the_clock_tells_it_aligned()
    {
        await using StationHarness at = await StationHarness.StartAsync("2.0.1", plugged: true, evses: 2);
        await at.RemoteStartAsync();
        await Wait.UntilAsync(() => at.Events.Count == 2, "it charges");
        Assert.Equal("OngoingAuthorizedTransaction", await at.StatusAsync("UnlockConnector", """{"evseId":1,"connectorId":1}"""));
        Assert.Equal("Scheduled", await at.StatusAsync("ChangeAvailability", """{"operationalStatus":"Inoperative","evse":{"id":1}}"""));
        Assert.Equal("Accepted", await at.StatusAsync("TriggerMessage", """{"requestedMessage":"TransactionEvent"}"""));
        await Wait.UntilAsync(() => at.Events.Count == 3, "the event that was asked for");
        Assert.Equal("Trigger", at.Events[2]["triggerReason"]!.GetValue<string>());
        Assert.Equal(3, at.Events[2]["numberOfPhasesUsed"]!.GetValue<int>());
        await at.Central.CallAsync("SetVariables", """{"setVariableData":[{"component":{"name":"AlignedDataCtrlr"},"variable":{"name":"Interval"},"attributeValue":"900"}]}""");
        await at.PassUntilAsync(() => at.Central.Of("MeterValues").Count > 0 && at.Events.Any(told => told["triggerReason"]!.GetValue<string>() == "MeterValueClock"), "the quarter of an hour");
        Assert.Equal(2, at.Central.Of("MeterValues")[0]["evseId"]!.GetValue<int>());
        await at.StatusAsync("RequestStopTransaction", $$"""{"transactionId":"{{at.First.TransactionId}}"}""");
        await Wait.UntilAsync(() => at.First.Status == "Unavailable", "it goes out of service when it is free");
        Assert.Equal("Rejected", await at.RemoteStartAsync());
        Assert.Empty(at.Central.Violations);
    }

    [Fact]
    public async Task A_monitor_of_2_1_streams_what_nobody_answers()
    {
        await using StationHarness at = await StationHarness.StartAsync("2.1", plugged: true);
        await at.RemoteStartAsync();
        JsonObject set = await at.Central.CallAsync("SetVariableMonitoring", """
            {"setMonitoringData":[{"value":2,"type":"Periodic","severity":9,"periodicEventStream":{"values":3},"component":{"name":"EVSE","evse":{"id":1}},"variable":{"name":"Power"}}]}
            """);
        int id = set["setMonitoringResult"]![0]!["id"]!.GetValue<int>();
        await at.PassUntilAsync(() => at.Central.Of("NotifyPeriodicEventStream").Count == 2, "two messages");
        JsonArray data = at.Central.Of("NotifyPeriodicEventStream")[1]["data"]!.AsArray();
        Assert.Equal(["22080", "22080", "22080"], data.Select(value => value!["v"]!.GetValue<string>()));
        Assert.Single((await at.Central.CallAsync("GetPeriodicEventStream"))["constantStreamData"]!.AsArray());
        Assert.Equal("Accepted", await at.StatusAsync("AdjustPeriodicEventStream", $$"""{"id":{{id}},"params":{"values":1} }"""));
        await at.PassUntilAsync(() => at.Central.Of("NotifyPeriodicEventStream")[^1]["data"]!.AsArray().Count == 1, "one value a message");
        await at.Central.CallAsync("ClearVariableMonitoring", $$"""{"id":[{{id}}]}""");
        await Wait.UntilAsync(() => at.Central.Of("ClosePeriodicEventStream").Count == 1, "the stream is closed");
        Assert.Empty(at.Central.Violations);
    }

    [Theory]
    [InlineData("2.0.1", 0)]
    [InlineData("2.1", 3)]
    public async Task An_answer_that_cannot_be_read_is_told_in_2_1_and_the_event_is_given_up_after_its_attempts(string version, int told)
    {
        await using StationHarness at = await StationHarness.StartAsync(version, plugged: true);
        at.Central.Script = static (action, payload) => action == "TransactionEvent" && payload["eventType"]!.GetValue<string>() == "Started"
            ? new JsonObject { ["idTokenInfo"] = "Accepted" }
            : null;
        await at.RemoteStartAsync();
        await at.PassUntilAsync(() => at.Events.Any(told => told["eventType"]!.GetValue<string>() == "Updated"), "the next event is told");
        Assert.Equal(3, at.Events.Count(told => told["eventType"]!.GetValue<string>() == "Started"));
        Assert.Equal(Enumerable.Repeat("TypeConstraintViolation", told), at.Central.ResultErrors);
        Assert.Empty(at.Central.Violations);
    }
}
