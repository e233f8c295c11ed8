using System.Text.Json;
using System.Text.Json.Nodes;
using Amps.HardwareSim;
using Amps.Ocpp.Dialects.Ocpp16;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.HardwareSim;

/// <summary>Every call that a central system may make by 1.6, sent by the operator and answered by the simulated charge point.</summary>
public sealed class CallTests : IAsyncLifetime
{
    private readonly FrameCheck _check = new();
    private readonly SimulationClock _clock = new();
    private ServiceHost _service = null!;
    private SimulatedChargePoint _charger = null!;

    /// <summary>One lawful payload for each action.</summary>
    private static readonly Dictionary<string, string> s_payloads = new()
    {
        ["CancelReservation"] = """{"reservationId":7}""",
        ["CertificateSigned"] = """{"certificateChain":"-----BEGIN CERTIFICATE-----"}""",
        ["ChangeAvailability"] = """{"connectorId":0,"type":"Operative"}""",
        ["ChangeConfiguration"] = """{"key":"HeartbeatInterval","value":"120"}""",
        ["ClearCache"] = "{}",
        ["ClearChargingProfile"] = """{"id":99}""",
        ["DataTransfer"] = """{"vendorId":"org.example","messageId":"x","data":"y"}""",
        ["DeleteCertificate"] = """{"certificateHashData":{"hashAlgorithm":"SHA256","issuerNameHash":"a","issuerKeyHash":"b","serialNumber":"c"}}""",
        ["ExtendedTriggerMessage"] = """{"requestedMessage":"StatusNotification","connectorId":1}""",
        ["GetCompositeSchedule"] = """{"connectorId":1,"duration":600,"chargingRateUnit":"A"}""",
        ["GetConfiguration"] = """{"key":["HeartbeatInterval","NoSuchKey"]}""",
        ["GetDiagnostics"] = """{"location":"ftp://127.0.0.1/x"}""",
        ["GetInstalledCertificateIds"] = """{"certificateType":"CentralSystemRootCertificate"}""",
        ["GetLocalListVersion"] = "{}",
        ["GetLog"] = """{"log":{"remoteLocation":"ftp://127.0.0.1/x"},"logType":"SecurityLog","requestId":1}""",
        ["InstallCertificate"] = """{"certificateType":"CentralSystemRootCertificate","certificate":"-----BEGIN CERTIFICATE-----"}""",
        ["RemoteStartTransaction"] = """{"idTag":"CARD","connectorId":1}""",
        ["RemoteStopTransaction"] = """{"transactionId":4711}""",
        ["ReserveNow"] = """{"connectorId":1,"expiryDate":"2030-01-01T00:00:00Z","idTag":"CARD","reservationId":7}""",
        ["Reset"] = """{"type":"Soft"}""",
        ["SendLocalList"] = """{"listVersion":2,"updateType":"Full","localAuthorizationList":[{"idTag":"CARD","idTagInfo":{"status":"Accepted"}}]}""",
        ["SetChargingProfile"] = """{"connectorId":1,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Relative","chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":10}]}}}""",
        ["SignedUpdateFirmware"] = """{"requestId":1,"firmware":{"location":"https://127.0.0.1/x","retrieveDateTime":"2030-01-01T00:00:00Z","signingCertificate":"-----BEGIN CERTIFICATE-----","signature":"c2ln"}}""",
        ["TriggerMessage"] = """{"requestedMessage":"Heartbeat"}""",
        ["UnlockConnector"] = """{"connectorId":1}""",
        ["UpdateFirmware"] = """{"location":"https://127.0.0.1/x","retrieveDate":"2030-01-01T00:00:00Z"}""",
    };

    public async ValueTask InitializeAsync()
    {
        _service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await _service.CustomerAsync();
        await _service.RegisterAsync("SIM1", "customer", "dev1");
        _charger = new SimulatedChargePoint(
            new SimulatedChargePointOptions
            {
                Id = "SIM1",
                Url = new Uri(_service.Ocpp.ToString().TrimEnd('/')),
                Connectors = [new ConnectorOptions { Vehicle = new VehicleOptions() }],
                ReconnectAfter = TimeSpan.FromMilliseconds(100),
            },
            _clock);
        _charger.FrameSeen += _check.Take;
        _charger.Start();
        await Wait.UntilAsync(() => _charger.IsAccepted, "the boot is accepted");
    }

    public async ValueTask DisposeAsync()
    {
        await _charger.DisposeAsync();
        await _clock.DisposeAsync();
        await _service.DisposeAsync();
    }

    private Task<JsonElement> CallAsync(string action, string payload) =>
        _service.Operator.PostAsync("/operator/charge-points/SIM1/calls", new { action, payload = JsonNode.Parse(payload) });

    private async Task<JsonElement> ResultAsync(string action, string payload)
    {
        JsonElement answer = await CallAsync(action, payload);
        Assert.True(answer.GetProperty("success").GetBoolean(), answer.ToString());
        Assert.True(answer.GetProperty("data").TryGetProperty("result", out JsonElement result), answer.ToString());
        return result;
    }

    private async Task<double> CompositeLimitAsync(string unit = "A")
    {
        JsonElement result = await ResultAsync("GetCompositeSchedule", $$"""{"connectorId":1,"duration":60,"chargingRateUnit":"{{unit}}"}""");
        return result.GetProperty("chargingSchedule").GetProperty("chargingSchedulePeriod")[0].GetProperty("limit").GetDouble();
    }

    private Task<JsonElement> ProfileAsync(int id, string purpose, int stackLevel, double limit, int connector = 1, string unit = "A") => ResultAsync(
        "SetChargingProfile",
        JsonSerializer.Serialize(new
        {
            connectorId = connector,
            csChargingProfiles = new
            {
                chargingProfileId = id,
                stackLevel,
                chargingProfilePurpose = purpose,
                chargingProfileKind = "Relative",
                chargingSchedule = new { chargingRateUnit = unit, chargingSchedulePeriod = new[] { new { startPeriod = 0, limit } } },
            },
        }));

    [Fact]
    public async Task Every_call_of_a_central_system_is_sent_and_answered_as_the_schemas_say()
    {
        string[] actions = [.. Ocpp16Actions.Table.All.Where(action => action.FromCentralSystem).Select(action => action.Name)];
        Assert.Equal(actions.Order(), s_payloads.Keys.Order());
        foreach (string action in actions.Order().Where(action => action != "Reset").Append("Reset"))
            await ResultAsync(action, s_payloads[action]);
        Assert.Empty(_check.Violations);
    }

    [Theory]
    [InlineData("Reset", """{"type":"Gentle"}""", "payload/type")]
    [InlineData("Reset", "{}", "payload/type")]
    [InlineData("Reset", """{"type":"Soft","extra":1}""", "payload")]
    [InlineData("Heartbeat", "{}", "action")]
    [InlineData("SetVariables", "{}", "action")]
    [Trait("row", "A13")]
    public async Task A_call_that_the_version_does_not_know_so_is_refused_before_it_is_sent(string action, string payload, string path)
    {
        int sent = 0;
        _charger.FrameSeen += (fromChargePoint, text) =>
        {
            if (!fromChargePoint && text.Contains($"\"{action}\""))
                Interlocked.Increment(ref sent);
        };
        JsonElement answer = await CallAsync(action, payload);
        JsonElement error = answer.GetProperty("error");
        Assert.Equal("VALIDATION_ERROR", error.GetProperty("code").GetString());
        Assert.StartsWith(path, error.GetProperty("details").GetProperty("errors")[0].GetProperty("path").GetString());
        Assert.Equal(0, sent);
    }

    [Fact]
    public async Task Profiles_stack_by_level_within_a_purpose_and_purposes_limit_one_another()
    {
        await ProfileAsync(1, "TxDefaultProfile", 0, 16);
        Assert.Equal(16, await CompositeLimitAsync());
        await ProfileAsync(2, "TxDefaultProfile", 3, 24);
        Assert.Equal(24, await CompositeLimitAsync());
        await ProfileAsync(3, "ChargePointMaxProfile", 0, 20, connector: 0);
        Assert.Equal(20, await CompositeLimitAsync());
        await ProfileAsync(4, "TxDefaultProfile", 3, 6900, unit: "W");
        Assert.Equal(10, await CompositeLimitAsync());
        Assert.Equal(6900, await CompositeLimitAsync("W"));
        // A transaction's profile needs a transaction.
        Assert.Equal("Rejected", (await ProfileAsync(5, "TxProfile", 0, 8)).GetProperty("status").GetString());
        Assert.Equal("Rejected", (await ProfileAsync(6, "TxDefaultProfile", 99, 8)).GetProperty("status").GetString());
        await ResultAsync("ClearChargingProfile", """{"chargingProfilePurpose":"TxDefaultProfile"}""");
        Assert.Equal(20, await CompositeLimitAsync());
        Assert.Equal("Unknown", (await ResultAsync("ClearChargingProfile", """{"id":4711}""")).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_person_plugs_charges_faults_and_cuts_the_network_by_hand()
    {
        var prompt = new Prompt([_charger], TextReader.Null, TextWriter.Null);
        Assert.Contains("Preparing", prompt.Obey(["status"]));
        Assert.Contains("Available", prompt.Obey(["unplug"]));
        Assert.Contains("Preparing", prompt.Obey(["plug", "SIM1", "1"]));
        prompt.Obey(["card", "1", "CARD0001"]);
        await Wait.UntilAsync(() => prompt.Obey(["status"]).Contains("Charging"), "the card starts a transaction");
        Assert.Contains("SuspendedEV", prompt.Obey(["suspend"]));
        Assert.Contains("Charging", prompt.Obey(["resume"]));
        Assert.Contains("Faulted", prompt.Obey(["fault", "1", "HighTemperature"]));
        Assert.Contains("Finishing", prompt.Obey(["clear"]));
        prompt.Obey(["offline"]);
        await Wait.UntilAsync(() => prompt.Obey(["status"]).Contains("offline"), "the network is cut");
        prompt.Obey(["online"]);
        await Wait.UntilAsync(() => prompt.Obey(["status"]).Contains("online"), "the network is back");
        Assert.Contains("unknown command", prompt.Obey(["explode"]));
        Assert.Throws<FormatException>(() => new Prompt([], TextReader.Null, TextWriter.Null).Obey(["status", "NOBODY"]));
        Assert.Empty(_check.Violations);
    }
}
