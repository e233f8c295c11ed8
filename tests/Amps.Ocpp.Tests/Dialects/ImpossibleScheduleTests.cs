using System.Net;
using System.Text;
using System.Text.Json;
using Amps.Ocpp.Dialects.Limits;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>Answers about charging profiles whose values cannot be (faults P27).</summary>
public sealed class ImpossibleScheduleTests
{
    [Theory]
    [Trait("row", "P27")]
    [InlineData("-1", "0", "3", "/limit")]
    [InlineData("1e308", "0", "3", "/limit")]
    [InlineData("16", "-5", "3", "/startPeriod")]
    [InlineData("16", "0", "0", "/numberPhases")]
    [InlineData("16", "0", "4", "/numberPhases")]
    [InlineData("16", "0", "3", null)]
    [InlineData("0.0", "0", "1", null)]
    public void A_schedule_is_judged_by_what_can_be(string limit, string start, string phases, string? where)
    {
        foreach (string name in new[] { "chargingSchedule", "schedule" })
        {
            string text = $$$"""{"status":"Accepted","{{{name}}}":{"duration":300,"chargingSchedulePeriod":[{"startPeriod":{{{start}}},"limit":{{{limit}}},"numberPhases":{{{phases}}} } ] } }""";
            (string Path, string Message)? problem = CompositeScheduleCheck.Judge(Encoding.UTF8.GetBytes(text));
            Assert.Equal(where is null ? null : $"/{name}/chargingSchedulePeriod/0{where}", problem?.Path);
        }
    }

    [Fact]
    [Trait("row", "P27")]
    public void Periods_that_go_back_in_time_and_negative_durations_cannot_be()
    {
        Assert.Equal("/schedule/duration", CompositeScheduleCheck.Judge("""{"schedule":{"duration":-1,"chargingSchedulePeriod":[]}}"""u8.ToArray())?.Path);
        Assert.Equal(
            "/schedule/chargingSchedulePeriod/1/startPeriod",
            CompositeScheduleCheck.Judge("""{"schedule":{"chargingSchedulePeriod":[{"startPeriod":0,"limit":6},{"startPeriod":0,"limit":6}]}}"""u8.ToArray())?.Path);
        Assert.Null(CompositeScheduleCheck.Judge("""{"status":"Rejected"}"""u8.ToArray()));
    }

    [Fact]
    [Trait("row", "P27")]
    public async Task An_operator_sees_what_was_answered_and_that_it_is_invalid_and_nothing_is_learned_of_it()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await TestChargePoint.ConnectAsync(service.Ocpp, "CP1");
        charger.On("GetCompositeSchedule", _ => new
        {
            status = "Accepted",
            chargingSchedule = new { chargingRateUnit = "W", chargingSchedulePeriod = new[] { new { startPeriod = 0, limit = -7400.5 } } },
        });
        charger.On("ClearChargingProfile", _ => new { status = 7 });
        await charger.CallAsync("BootNotification", new { chargePointVendor = "Test", chargePointModel = "Scripted" });
        await charger.StatusAsync("Available");

        JsonElement error = await CallAsync(service, "GetCompositeSchedule", new { connectorId = 1, duration = 60 });
        Assert.Equal("InvalidResponse", error.GetProperty("code").GetString());
        Assert.StartsWith("/chargingSchedule/chargingSchedulePeriod/0/limit", error.GetProperty("description").GetString());
        Assert.Equal(-7400.5, error.GetProperty("details").GetProperty("chargingSchedule").GetProperty("chargingSchedulePeriod")[0].GetProperty("limit").GetDouble());
        JsonElement broken = await CallAsync(service, "ClearChargingProfile", new { });
        Assert.Equal(("InvalidResponse", 7), (broken.GetProperty("code").GetString(), broken.GetProperty("details").GetProperty("status").GetInt32()));
        JsonElement read = await app.DataAsync("/ev-charger/dev1");
        Assert.Equal(JsonValueKind.Null, read.GetProperty("state").GetProperty("powerRateLimit").ValueKind);
    }

    private static async Task<JsonElement> CallAsync(ServiceHost service, string action, object payload)
    {
        (HttpStatusCode status, JsonElement body) = await service.Operator.TrySendAsync(HttpMethod.Post, "/operator/charge-points/CP1/calls", new { action, payload });
        Assert.Equal(HttpStatusCode.OK, status);
        return body.GetProperty("data").GetProperty("error");
    }
}
