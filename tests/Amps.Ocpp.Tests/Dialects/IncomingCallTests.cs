using System.Text.Json;
using Amps.Ocpp.Dialects.Ocpp16;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>Every call that a charge point may make by 1.6 is answered as the schemas say (charger behaviour, section 3).</summary>
public sealed class IncomingCallTests : IAsyncLifetime
{
    private static readonly Dictionary<string, object> s_payloads = new()
    {
        ["Authorize"] = new { idTag = "CARD" },
        ["BootNotification"] = new { chargePointVendor = "Test", chargePointModel = "Scripted", iccid = "89", imsi = "26", meterType = "M", meterSerialNumber = "S" },
        ["DataTransfer"] = new { vendorId = "org.example", messageId = "x" },
        ["DiagnosticsStatusNotification"] = new { status = "Idle" },
        ["FirmwareStatusNotification"] = new { status = "Idle" },
        ["Heartbeat"] = new { },
        ["LogStatusNotification"] = new { status = "Idle" },
        ["MeterValues"] = new { connectorId = 1, meterValue = new[] { new { timestamp = "2026-01-01T00:00:00Z", sampledValue = new[] { new { value = "1" } } } } },
        ["SecurityEventNotification"] = new { type = "StartupOfTheDevice", timestamp = "2026-01-01T00:00:00Z" },
        ["SignCertificate"] = new { csr = "-----BEGIN CERTIFICATE REQUEST-----" },
        ["SignedFirmwareStatusNotification"] = new { status = "Idle" },
        ["StartTransaction"] = new { connectorId = 1, idTag = "CARD", meterStart = 0, timestamp = "2026-01-01T00:00:00Z" },
        ["StatusNotification"] = new { connectorId = 0, errorCode = "NoError", status = "Available" },
        ["StopTransaction"] = new { transactionId = 4711, meterStop = 1, timestamp = "2026-01-01T00:00:00Z" },
    };

    private ServiceHost _service = null!;
    private TestChargePoint _charger = null!;

    public async ValueTask InitializeAsync()
    {
        _service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await _service.CustomerAsync();
        await _service.RegisterAsync("CP1", "customer", "dev1");
        _charger = await TestChargePoint.BootAsync(_service.Ocpp, "CP1");
    }

    public async ValueTask DisposeAsync()
    {
        await _charger.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Fact]
    [Trait("row", "P16")]
    [Trait("row", "P22")]
    [Trait("row", "P23")]
    [Trait("quirk", "Q31")]
    public async Task Every_call_of_a_charge_point_is_answered_as_the_schemas_say()
    {
        string[] actions = [.. Ocpp16Actions.Table.All.Where(action => action.FromChargePoint).Select(action => action.Name)];
        Assert.Equal(actions.Order(), s_payloads.Keys.Order());
        foreach (string action in actions)
        {
            JsonElement answer = await _charger.CallAsync(action, s_payloads[action]);
            if (OcppSchemas.Available)
                Assert.Empty(OcppSchemas.Validate("1.6", action, isResponse: true, answer.GetRawText()));
        }
    }

    [Theory]
    [Trait("row", "P1")]
    [Trait("row", "P2")]
    [Trait("row", "P3")]
    [InlineData("""[2,"a","StatusNotification",{"connectorId":1,"status":"Available"}]""", "OccurenceConstraintViolation")]
    [InlineData("""[2,"a","StatusNotification",{"connectorId":"1","errorCode":"NoError","status":"Available"}]""", "TypeConstraintViolation")]
    [InlineData("""[2,"a","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Busy"}]""", "PropertyConstraintViolation")]
    [InlineData("""[2,"a","StatusNotification",{"connectorId":-1,"errorCode":"NoError","status":"Available"}]""", "PropertyConstraintViolation")]
    [InlineData("""[2,"a","Reset",{"type":"Soft"}]""", "NotSupported")]
    [InlineData("""[2,"a","TransactionEvent",{}]""", "NotImplemented")]
    [InlineData("""[2,"a","heartbeat",{}]""", "NotImplemented")]
    [InlineData("""[2,"a","Heartbeat",[]]""", "FormationViolation")]
    public async Task What_cannot_be_understood_is_answered_with_its_code_and_the_link_stays(string frame, string code)
    {
        await _charger.SendAsync(frame);
        await Wait.UntilAsync(() => _charger.Frames.Any(text => text.StartsWith($"""[4,"a","{code}",""", StringComparison.Ordinal)), $"the answer is {code}");
        await _charger.CallAsync("Heartbeat", new { });
    }

    [Fact]
    [Trait("row", "R21")]
    [Trait("row", "P13")]
    public async Task The_same_message_again_has_the_same_answer_and_one_effect()
    {
        await _charger.StatusAsync("Preparing");
        var start = new { connectorId = 1, idTag = "CARD", meterStart = 5, timestamp = "2026-05-01T10:00:00Z" };
        JsonElement first = await _charger.CallAsync("StartTransaction", start, id: "same");
        JsonElement repeated = await _charger.CallAsync("StartTransaction", start, id: "same");
        JsonElement anew = await _charger.CallAsync("StartTransaction", start);
        Assert.Equal(first.GetProperty("transactionId").GetInt32(), repeated.GetProperty("transactionId").GetInt32());
        Assert.Equal(first.GetProperty("transactionId").GetInt32(), anew.GetProperty("transactionId").GetInt32());
    }

    [Fact]
    [Trait("row", "P15")]
    public async Task A_blocked_token_is_told_so_and_the_transaction_has_an_id_all_the_same()
    {
        await _service.Operator.SendAsync(HttpMethod.Put, "/operator/id-tokens/STOLEN", new { status = "Blocked" });
        JsonElement answer = await _charger.CallAsync("StartTransaction", new { connectorId = 1, idTag = "STOLEN", meterStart = 5, timestamp = "2026-05-01T10:00:00Z" });
        Assert.Equal("Blocked", answer.GetProperty("idTagInfo").GetProperty("status").GetString());
        Assert.True(answer.GetProperty("transactionId").GetInt32() > 0);
        Assert.Equal("Blocked", (await _charger.CallAsync("Authorize", new { idTag = "STOLEN" })).GetProperty("idTagInfo").GetProperty("status").GetString());
    }
}
