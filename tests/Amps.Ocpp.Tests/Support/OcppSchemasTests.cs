namespace Amps.Ocpp.Tests.Support;

public sealed class OcppSchemasTests
{
    [Theory]
    [InlineData("1.6", "Heartbeat", false, "{}")]
    [InlineData("1.6", "HeartbeatX", false, "{}", "no schema")]
    [InlineData("1.6", "Heartbeat", true, """{"currentTime":"2026-01-01T00:00:00Z"}""")]
    [InlineData("1.6", "Heartbeat", true, """{"currentTime":"yesterday"}""", "currentTime")]
    [InlineData("1.6", "Authorize", false, """{"idTag":"123456789012345678901"}""", "idTag")]
    [InlineData("1.6", "Authorize", false, "[]", "no object")]
    [InlineData("1.6", "GetCompositeSchedule", true, """{"status":"Accepted","chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16.1}]}}""")]
    [InlineData("1.6", "GetCompositeSchedule", true, """{"status":"Accepted","chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16.11}]}}""", "limit")]
    [InlineData("1.6", "GetLog", true, """{"status":"Accepted"}""")]
    [InlineData("1.6", "GetLog", true, """{"status":"Fine"}""", "status")]
    [InlineData("ocpp2.0.1", "Heartbeat", false, """{"more":1}""", "more")]
    [InlineData("2.0.1", "BootNotification", false, """{"reason":"PowerUp","chargingStation":{"model":"m","vendorName":"v"}}""")]
    [InlineData("2.0.1", "BootNotification", false, """{"reason":"PowerUp","chargingStation":{"model":"m"}}""", "vendorName")]
    [InlineData("2.1", "Heartbeat", true, """{"currentTime":"2026-01-01T00:00:00.123Z"}""")]
    public void A_payload_is_judged_by_the_official_schema(string version, string action, bool isResponse, string json, string? complaint = null)
    {
        Assert.SkipUnless(OcppSchemas.Available, OcppSchemas.Missing);

        var errors = OcppSchemas.Validate(version, action, isResponse, json);

        if (complaint is null)
        {
            Assert.Empty(errors);
        }
        else
        {
            Assert.Contains(complaint, Assert.Single(errors), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Each_version_has_its_schemas()
    {
        Assert.SkipUnless(OcppSchemas.Available, OcppSchemas.Missing);

        string[] versions = ["1.6", "2.0.1", "2.1"];
        Assert.All(versions, v => Assert.NotEmpty(OcppSchemas.Validate(v, "StatusNotification", false, "{}")));
    }
}
