using System.Text.Json;
using Amps.Ocpp.Dialects.Ocpp2;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>Every call that a station may make by 2.0.1 and 2.1 is answered as the schemas say (charger behaviour, section 3).</summary>
public sealed class Ocpp2IncomingTests(Ocpp2Service fixture) : IClassFixture<Ocpp2Service>
{
    private const string Time = "2026-01-01T00:00:00Z";

    private static readonly object s_hash = new { hashAlgorithm = "SHA256", issuerNameHash = "a", issuerKeyHash = "b", serialNumber = "1" };

    private static readonly Dictionary<string, object> s_payloads = new()
    {
        ["Authorize"] = new { idToken = new { idToken = "CARD", type = "ISO14443" } },
        ["BootNotification"] = new { reason = "PowerUp", chargingStation = new { vendorName = "Test", model = "Scripted" } },
        ["ClearedChargingLimit"] = new { chargingLimitSource = "EMS" },
        ["DataTransfer"] = new { vendorId = "org.example", data = new { any = new[] { 1 } } },
        ["FirmwareStatusNotification"] = new { status = "Idle" },
        ["Get15118EVCertificate"] = new { iso15118SchemaVersion = "urn", action = "Install", exiRequest = "AA==" },
        ["GetCertificateStatus"] = new { ocspRequestData = new { hashAlgorithm = "SHA256", issuerNameHash = "a", issuerKeyHash = "b", serialNumber = "1", responderURL = "http://example.org" } },
        ["Heartbeat"] = new { },
        ["LogStatusNotification"] = new { status = "Idle" },
        ["MeterValues"] = new { evseId = 0, meterValue = new[] { new { timestamp = Time, sampledValue = new[] { new { value = 1.5 } } } } },
        ["NotifyChargingLimit"] = new { chargingLimit = new { chargingLimitSource = "EMS" } },
        ["NotifyCustomerInformation"] = new { data = "x", seqNo = 0, generatedAt = Time, requestId = 1 },
        ["NotifyDisplayMessages"] = new { requestId = 1 },
        ["NotifyEVChargingNeeds"] = new { evseId = 1, chargingNeeds = new { requestedEnergyTransfer = "AC_three_phase" } },
        ["NotifyEVChargingSchedule"] = new
        {
            timeBase = Time,
            evseId = 1,
            chargingSchedule = new { id = 1, chargingRateUnit = "A", chargingSchedulePeriod = new[] { new { startPeriod = 0, limit = 16 } } },
        },
        ["NotifyEvent"] = new
        {
            generatedAt = Time,
            seqNo = 0,
            eventData = new[]
            {
                new
                {
                    eventId = 1, timestamp = Time, trigger = "Delta", actualValue = "true", eventNotificationType = "HardWiredNotification",
                    component = new { name = "ChargingStation" }, variable = new { name = "Problem" },
                },
            },
        },
        ["NotifyMonitoringReport"] = new { requestId = 1, seqNo = 0, generatedAt = Time },
        ["NotifyReport"] = new
        {
            requestId = 1,
            seqNo = 0,
            generatedAt = Time,
            reportData = new[] { new { component = new { name = "EVSE", evse = new { id = 1 } }, variable = new { name = "AvailabilityState" }, variableAttribute = new[] { new { value = "Available" } } } },
        },
        ["PublishFirmwareStatusNotification"] = new { status = "Idle" },
        ["ReportChargingProfiles"] = new
        {
            requestId = 1,
            chargingLimitSource = "CSO",
            evseId = 1,
            chargingProfile = new[]
            {
                new
                {
                    id = 1, stackLevel = 0, chargingProfilePurpose = "TxDefaultProfile", chargingProfileKind = "Relative",
                    chargingSchedule = new[] { new { id = 1, chargingRateUnit = "A", chargingSchedulePeriod = new[] { new { startPeriod = 0, limit = 16 } } } },
                },
            },
        },
        ["ReservationStatusUpdate"] = new { reservationId = 1, reservationUpdateStatus = "Expired" },
        ["SecurityEventNotification"] = new { type = "StartupOfTheDevice", timestamp = Time },
        ["SignCertificate"] = new { csr = "-----BEGIN CERTIFICATE REQUEST-----" },
        ["StatusNotification"] = new { timestamp = Time, connectorStatus = "Available", evseId = 0, connectorId = 0 },
        ["TransactionEvent"] = new { eventType = "Ended", timestamp = Time, triggerReason = "EVDeparted", seqNo = 7, transactionInfo = new { transactionId = "unknown" } },
    };

    private static readonly Dictionary<string, object> s_payloadsOf21 = new(s_payloads)
    {
        ["BatterySwap"] = new
        {
            eventType = "BatteryIn",
            requestId = 1,
            idToken = new { idToken = "CARD", type = "ISO14443" },
            batteryData = new[] { new { evseId = 1, serialNumber = "B", soC = 50, soH = 90 } },
        },
        ["ClosePeriodicEventStream"] = new { id = 1 },
        ["GetCertificateChainStatus"] = new { certificateStatusRequests = new[] { new { source = "OCSP", urls = new[] { "http://example.org" }, certificateHashData = s_hash } } },
        ["NotifyDERAlarm"] = new { controlType = "Gradients", timestamp = Time },
        ["NotifyDERStartStop"] = new { controlId = "c", started = true, timestamp = Time },
        ["NotifyPriorityCharging"] = new { transactionId = "t", activated = true },
        ["NotifySettlement"] = new { pspRef = "p", status = "Settled", settlementAmount = 1.5, settlementTime = Time },
        ["OpenPeriodicEventStream"] = new { constantStreamData = new { id = 1, variableMonitoringId = 2, @params = new { interval = 5 } } },
        ["PullDynamicScheduleUpdate"] = new { chargingProfileId = 1 },
        ["ReportDERControl"] = new { requestId = 1 },
        ["VatNumberValidation"] = new { vatNumber = "NL1" },
    };

    public static TheoryData<string> Versions => ["2.0.1", "2.1"];

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("row", "P22")]
    [Trait("row", "P23")]
    public async Task Every_call_of_a_station_is_answered_as_the_schemas_say(string version)
    {
        Ocpp2Release release = version == "2.1" ? Ocpp2Release.V21.Value : Ocpp2Release.V201.Value;
        Dictionary<string, object> payloads = version == "2.1" ? s_payloadsOf21 : s_payloads;
        string[] actions = [.. release.Actions.All.Where(action => action.FromChargePoint && !action.IsOneWay).Select(action => action.Name)];
        Assert.Equal(actions.Order(), payloads.Keys.Order());
        await using TestStation station = await fixture.BootAsync("ALL" + version, version);
        foreach (string action in actions)
            await station.CallAsync(action, payloads[action]);
    }

    [Theory]
    [Trait("row", "P1")]
    [Trait("row", "P2")]
    [Trait("row", "P3")]
    [Trait("row", "R5")]
    [InlineData("""[2,"a","StatusNotification",{"connectorStatus":"Available","evseId":1,"connectorId":1}]""", "a", "OccurrenceConstraintViolation")]
    [InlineData("""[2,"a","StatusNotification",{"timestamp":"2026-01-01T00:00:00Z","connectorStatus":"Available","evseId":"1","connectorId":1}]""", "a", "TypeConstraintViolation")]
    [InlineData("""[2,"a","StatusNotification",{"timestamp":"2026-01-01T00:00:00Z","connectorStatus":"Busy","evseId":1,"connectorId":1}]""", "a", "PropertyConstraintViolation")]
    [InlineData("""[2,"a","StatusNotification",{"timestamp":"2026-01-01T00:00:00Z","connectorStatus":"Available","evseId":99,"connectorId":1}]""", "a", "PropertyConstraintViolation")]
    [InlineData("""[2,"a","StatusNotification",{"timestamp":"soon","connectorStatus":"Available","evseId":1,"connectorId":1}]""", "a", "FormatViolation")]
    [InlineData("""[2,"a","TransactionEvent",{"eventType":"Begun","timestamp":"2026-01-01T00:00:00Z","triggerReason":"Trigger","seqNo":0,"transactionInfo":{"transactionId":"t"}}]""", "a", "PropertyConstraintViolation")]
    [InlineData("""[2,"a","Reset",{"type":"Immediate"}]""", "a", "NotSupported")]
    [InlineData("""[2,"a","StartTransaction",{}]""", "a", "NotImplemented")]
    [InlineData("""[2,"a","VatNumberValidation",{"vatNumber":"NL1"}]""", "a", "NotImplemented")]
    [InlineData("""[2,"a","Heartbeat",[]]""", "a", "FormatViolation")]
    [InlineData("""[2,"a","Heartbeat",null]""", "a", "FormatViolation")]
    [InlineData("""[2,"a"]""", "a", "RpcFrameworkError")]
    [InlineData("""{}""", "-1", "RpcFrameworkError")]
    [InlineData("""[6,"a","NotifyPeriodicEventStream",{}]""", "a", "MessageTypeNotSupported")]
    [InlineData("""[9,"a"]""", "a", "MessageTypeNotSupported")]
    public async Task What_cannot_be_understood_is_answered_with_its_code_and_the_link_stays(string frame, string id, string code)
    {
        await using TestStation station = await fixture.BootAsync("BROKEN", "2.0.1");
        station.Link.Check = null;
        await station.Link.SendAsync(frame);
        await Wait.UntilAsync(() => station.Link.Frames.Any(text => text.StartsWith($"""[4,"{id}","{code}",""", StringComparison.Ordinal)), $"the answer is {code}");
        await station.CallAsync("Heartbeat", new { });
    }

    [Fact]
    public async Task A_send_is_taken_and_not_answered_and_a_refused_result_changes_nothing()
    {
        await using TestStation station = await fixture.BootAsync("STREAM", "2.1");
        station.Link.Check = null;
        int frames = station.Link.Frames.Count;
        await station.Link.SendAsync("""[6,"s1","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2026-01-01T00:00:00Z","data":[{"t":0,"v":"230.1"}]}]""");
        await station.Link.SendAsync("""[6,"s2","Heartbeat",{}]""");
        await station.Link.SendAsync("""[5,"r1","FormatViolation","",{}]""");
        await station.Link.SendAsync("""[2,"c1","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2026-01-01T00:00:00Z","data":[{"t":0,"v":"230.1"}]}]""");
        await Wait.UntilAsync(() => station.Link.Frames.Any(text => text.StartsWith("""[4,"c1","NotSupported",""", StringComparison.Ordinal)), "the call is refused");
        await station.CallAsync("Heartbeat", new { });
        Assert.DoesNotContain(station.Link.Frames.Skip(frames), text => text.Contains("\"s1\"", StringComparison.Ordinal) || text.Contains("\"s2\"", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_token_is_judged_and_its_group_is_told(string version)
    {
        await fixture.Service.Operator.SendAsync(HttpMethod.Put, "/operator/id-tokens/STOLEN", new { status = "Blocked" });
        await fixture.Service.Operator.SendAsync(HttpMethod.Put, "/operator/id-tokens/FAMILY", new { status = "Accepted", parentId = "GROUP" });
        await using TestStation station = await fixture.BootAsync("TOKENS" + version, version);
        JsonElement blocked = await station.CallAsync("Authorize", new { idToken = new { idToken = "STOLEN", type = "ISO14443" } });
        Assert.Equal("Blocked", blocked.GetProperty("idTokenInfo").GetProperty("status").GetString());
        JsonElement family = await station.EventAsync("Started", "Authorized", "family-" + version, "EVConnected", idToken: "FAMILY");
        Assert.Equal("GROUP", family.GetProperty("idTokenInfo").GetProperty("groupIdToken").GetProperty("idToken").GetString());
        Assert.False((await station.EventAsync("Updated", "MeterValuePeriodic", "family-" + version)).TryGetProperty("idTokenInfo", out _));
    }
}
