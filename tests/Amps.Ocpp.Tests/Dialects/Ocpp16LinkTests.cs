using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>What a 1.6 charge point may say, and what it is answered: rows R and P of the faults on a real link.</summary>
public sealed class Ocpp16LinkTests(Ocpp16LinkTests.Fixture fixture) : IClassFixture<Ocpp16LinkTests.Fixture>
{
    public sealed class Fixture : IAsyncLifetime
    {
        private int _next;

        public ServiceHost Service { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Amps:Ocpp:Admission=Open");

        public Task<TestChargePoint> BootAsync() => TestChargePoint.BootAsync(Service.Ocpp, $"LINK{Interlocked.Increment(ref _next)}");

        public ValueTask DisposeAsync() => Service.DisposeAsync();
    }

    private const string Now = "2026-05-08T11:30:00Z";

    [Theory]
    [Trait("row", "R7")]
    [Trait("row", "R8")]
    [Trait("row", "R9")]
    [Trait("row", "R10")]
    [Trait("row", "R11")]
    [Trait("row", "P1")]
    [Trait("row", "P2")]
    [Trait("row", "P3")]
    [Trait("row", "P7")]
    [InlineData("Levitate", "{}", "NotImplemented")]
    [InlineData("heartbeat", "{}", "NotImplemented")]
    [InlineData("__proto__", "{}", "NotImplemented")]
    [InlineData("TransactionEvent", "{}", "NotImplemented")]
    [InlineData("Reset", """{"type":"Soft"}""", "NotSupported")]
    [InlineData("Heartbeat", "[]", "FormationViolation")]
    [InlineData("Heartbeat", "5", "FormationViolation")]
    [InlineData("Authorize", "null", "FormationViolation")]
    [InlineData("StatusNotification", """{"connectorId":1,"errorCode":"NoError"}""", "OccurenceConstraintViolation")]
    [InlineData("StatusNotification", """{"connectorId":"1","errorCode":"NoError","status":"Available"}""", "TypeConstraintViolation")]
    [InlineData("StatusNotification", """{"connectorId":1,"errorCode":"NoError","status":"Busy"}""", "PropertyConstraintViolation")]
    [InlineData("StatusNotification", """{"connectorId":-1,"errorCode":"NoError","status":"Available"}""", "PropertyConstraintViolation")]
    [InlineData("StartTransaction", """{"connectorId":0,"idTag":"A","meterStart":0,"timestamp":"2026-05-08T11:30:00Z"}""", "PropertyConstraintViolation")]
    [InlineData("StartTransaction", """{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"yesterday"}""", "FormationViolation")]
    public async Task What_cannot_be_understood_gets_its_error_code(string action, string payload, string code)
    {
        await using TestChargePoint charger = await fixture.BootAsync();
        CallErrorException error = await Assert.ThrowsAsync<CallErrorException>(() => charger.CallAsync(action, JsonDocument.Parse(payload).RootElement));
        Assert.Equal(code, error.Code);
        // The link is none the worse for it.
        await charger.CallAsync("Heartbeat", new { });
    }

    [Theory]
    [Trait("row", "P4")]
    [Trait("row", "P5")]
    [Trait("row", "P6")]
    [Trait("row", "P20")]
    [InlineData("StatusNotification", """{"connectorId":1,"errorCode":"NewError","status":"Available","info":"0123456789012345678901234567890123456789012345678901234567890","made":"up"}""")]
    [InlineData("StatusNotification", """{"connectorId":1,"errorCode":"NoError","status":"Available","timestamp":"2026-05-08 11:30:00"}""")]
    [InlineData("Authorize", """{"idTag":"longer-than-twenty-characters"}""")]
    [InlineData("MeterValues", """{"connectorId":1,"meterValue":[{"timestamp":"2026-05-08T11:30:00","sampledValue":[{"value":" 12.5 ","unit":"kW","measurand":"Power.Active.Import"},{"value":"abc"},{"value":"1","measurand":"New.Measurand"}]}]}""")]
    [InlineData("FirmwareStatusNotification", """{"status":"Installed"}""")]
    [InlineData("DiagnosticsStatusNotification", """{"status":"Idle"}""")]
    [InlineData("SecurityEventNotification", """{"type":"SettingSystemTime","timestamp":"2026-05-08T11:30:00Z"}""")]
    [InlineData("LogStatusNotification", """{"status":"Idle"}""")]
    [InlineData("SignedFirmwareStatusNotification", """{"status":"Idle"}""")]
    [InlineData("SignCertificate", """{"csr":"abc"}""")]
    [InlineData("DataTransfer", """{"vendorId":"somebody"}""")]
    [InlineData("Heartbeat", "{}")]
    public async Task What_can_be_understood_is_answered_as_the_schema_wants(string action, string payload)
    {
        await using TestChargePoint charger = await fixture.BootAsync();
        JsonElement answer = await charger.CallAsync(action, JsonDocument.Parse(payload).RootElement);
        if (OcppSchemas.Available)
            Assert.Empty(OcppSchemas.Validate("1.6", action, isResponse: true, answer.GetRawText()));
    }

    [Fact]
    [Trait("row", "P13")]
    public async Task A_repeated_start_gets_the_same_transaction()
    {
        await using TestChargePoint charger = await fixture.BootAsync();
        var start = new { connectorId = 1, idTag = "CARD", meterStart = 7, timestamp = Now };
        int first = (await charger.CallAsync("StartTransaction", start)).GetProperty("transactionId").GetInt32();
        int again = (await charger.CallAsync("StartTransaction", start)).GetProperty("transactionId").GetInt32();
        Assert.Equal(first, again);
        Assert.True(first > 0);
        Assert.True(await charger.StartAsync("CARD", meterStart: 9) > first);
    }

    [Theory]
    [Trait("row", "P16")]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1_999_999_999)]
    public async Task A_stop_of_an_unknown_transaction_is_answered_and_touches_nothing(int transaction)
    {
        await using TestChargePoint charger = await fixture.BootAsync();
        await charger.StartAsync("CARD");
        JsonElement answer = await charger.CallAsync("StopTransaction", new { transactionId = transaction, meterStop = 1, timestamp = Now });
        Assert.Equal("{}", answer.GetRawText());
    }

    [Fact]
    [Trait("row", "P16")]
    [Trait("row", "P17")]
    public async Task A_stop_of_another_charge_points_transaction_leaves_it_running()
    {
        await using TestChargePoint mine = await fixture.BootAsync();
        await using TestChargePoint other = await fixture.BootAsync();
        int transaction = await other.StartAsync("CARD");
        await mine.StopAsync(transaction);
        JsonElement shown = await fixture.Service.Operator.GetAsync("/operator/charge-points?limit=50");
        Assert.Contains($"\"transactionId\":\"{transaction}\"", shown.GetRawText());
        await other.StopAsync(transaction);
        await other.StopAsync(transaction);
    }

    [Fact]
    [Trait("row", "R21")]
    [Trait("row", "R22")]
    public async Task A_repeated_message_id_has_its_effect_once()
    {
        await using TestChargePoint charger = await fixture.BootAsync();
        var start = new { connectorId = 1, idTag = "CARD", meterStart = 70, timestamp = Now };
        JsonElement first = await charger.CallAsync("StartTransaction", start, "same-id");
        Assert.Equal(first.GetRawText(), (await charger.CallAsync("StartTransaction", start, "same-id")).GetRawText());
        CallErrorException error = await Assert.ThrowsAsync<CallErrorException>(() => charger.CallAsync("Heartbeat", new { }, "same-id"));
        Assert.Equal("GenericError", error.Code);
    }

    [Fact]
    [Trait("row", "P8")]
    [Trait("quirk", "Q19")]
    public async Task A_pending_charge_point_is_listed_and_accepted_by_the_operators_word()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        await using TestChargePoint charger = await TestChargePoint.ConnectAsync(service.Ocpp, "NEW1");
        var boot = new { chargePointVendor = "V", chargePointModel = "M" };
        Assert.Equal("Pending", (await charger.CallAsync("BootNotification", boot)).GetProperty("status").GetString());
        CallErrorException error = await Assert.ThrowsAsync<CallErrorException>(() => charger.StatusAsync("Available"));
        Assert.Equal("SecurityError", error.Code);
        Assert.Equal("pending", (await service.Operator.DataAsync("/operator/charge-points/NEW1")).GetProperty("admission").GetString());
        // The operator's own calls go out all the same.
        charger.On("ClearCache", _ => new { status = "Accepted" });
        JsonElement called = await service.Operator.PostAsync("/operator/charge-points/NEW1/calls", new { action = "ClearCache", payload = new { } });
        Assert.Equal("Accepted", called.GetProperty("data").GetProperty("result").GetProperty("status").GetString());
        await service.Operator.SendAsync(HttpMethod.Put, "/operator/charge-points/NEW1", new { admission = "accepted" });
        Assert.Equal("Accepted", (await charger.CallAsync("BootNotification", boot)).GetProperty("status").GetString());
        await charger.StatusAsync("Available");
    }

    [Theory]
    [InlineData("Levitate", "{}", "action")]
    [InlineData("BootNotification", "{}", "action")]
    [InlineData("Reset", """{"type":"Warm"}""", "payload/type")]
    [InlineData("Reset", """{}""", "payload/type")]
    [InlineData("ChangeConfiguration", """{"key":"k","value":"v","more":1}""", "payload")]
    public async Task An_operators_call_is_checked_before_it_is_sent(string action, string payload, string path)
    {
        await using TestChargePoint charger = await fixture.BootAsync();
        JsonElement shown = await fixture.Service.Operator.DataAsync("/operator/charge-points?limit=50");
        string id = shown.GetProperty("items").EnumerateArray().Last(item => item.GetProperty("link").GetProperty("online").GetBoolean()).GetProperty("id").GetString()!;
        JsonElement answer = await fixture.Service.Operator.PostAsync($"/operator/charge-points/{id}/calls", new { action, payload = JsonDocument.Parse(payload).RootElement });
        JsonElement error = answer.GetProperty("error");
        Assert.Equal("VALIDATION_ERROR", error.GetProperty("code").GetString());
        Assert.Equal(path, error.GetProperty("details").GetProperty("errors")[0].GetProperty("path").GetString());
    }
}
