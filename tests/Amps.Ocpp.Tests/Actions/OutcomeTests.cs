using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Actions;

/// <summary>How actions end, by what the charger does (canonical API, sections 5 and 7; charger behaviour, section 4).</summary>
public abstract class OutcomeTests(HouseStore store)
{
    private async Task<(ServiceHost Service, ApiClient App, TestChargePoint Charger)> HouseAsync(params string[] settings)
    {
        ServiceHost service = await store.StartAsync(["Amps:Mqtt:Mode=Off", "Amps:Actions:ConfirmationTimeoutSeconds=2", .. settings]);
        ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        return (service, app, charger);
    }

    [Theory]
    [Trait("row", "A14")]
    [Trait("row", "R19")]
    [InlineData("Preparing", "Rejected", "COMMAND_REJECTED", false)]
    [InlineData("Preparing", "CallError", "COMMAND_REJECTED", false)]
    [InlineData("Preparing", "Silent", "CHARGER_TIMEOUT", true)]
    [InlineData("Preparing", "Accepted", "CONFIRMATION_TIMEOUT", false)]
    [InlineData("Available", "Accepted", "VEHICLE_NOT_CONNECTED", false)]
    [InlineData("Preparing", "Nonsense", "PROTOCOL_ERROR", false)]
    [InlineData("Preparing", "HangUp", "DEVICE_OFFLINE", true)]
    [InlineData("Faulted", "Accepted", "CHARGER_FAULTED", false)]
    [InlineData("Unavailable", "Accepted", "CHARGER_FAULTED", false)]
    public async Task A_charge_that_shows_no_effect_fails_with_the_reason(string status, string behaviour, string code, bool unknown)
    {
        (ServiceHost service, ApiClient app, TestChargePoint charger) = await HouseAsync();
        await using ServiceHost house = service;
        await using TestChargePoint peer = charger;
        charger.On("RemoteStartTransaction", _ =>
        {
            switch (behaviour)
            {
                case "CallError": return "InternalError";
                case "Silent": return null;
                case "Nonsense": return new { status = 7 };
                case "HangUp":
                    charger.Abort();
                    return null;
                default: return new { status = behaviour };
            }
        });
        await charger.StatusAsync(status);
        JsonElement ended = await app.RunAsync("dev1", "charge");
        Assert.Equal("failed", ended.GetProperty("state").GetString());
        Assert.Equal(code, ended.GetProperty("errorCode").GetString());
        Assert.False(ended.GetProperty("result").GetProperty("success").GetBoolean());
        Assert.Equal(unknown, ended.GetProperty("result").TryGetProperty("outcome", out JsonElement outcome) && outcome.GetString() == "unknown");
    }

    [Fact]
    [Trait("row", "C6")]
    public async Task A_push_to_a_charger_that_is_away_makes_no_action()
    {
        (ServiceHost service, ApiClient app, TestChargePoint charger) = await HouseAsync();
        await using ServiceHost house = service;
        await charger.DisposeAsync();
        await app.UntilAsync("/ev-charger/dev1", read => !read.GetProperty("sync").GetProperty("available").GetBoolean());
        JsonElement answer = await app.PostAsync("/ev-charger/dev1", new { action = new { command = "idle" } });
        Assert.Equal("DEVICE_OFFLINE", answer.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(0, (await app.DataAsync("/actions")).GetProperty("pagination").GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task A_second_push_conflicts_and_a_replacing_one_cancels_whose_late_answer_changes_nothing()
    {
        (ServiceHost service, ApiClient app, TestChargePoint charger) = await HouseAsync("Amps:Actions:ConfirmationTimeoutSeconds=20");
        await using ServiceHost house = service;
        await using TestChargePoint peer = charger;
        charger.On("RemoteStartTransaction", _ => new { status = "Accepted" });
        charger.On("RemoteStopTransaction", _ => new { status = "Accepted" });
        await charger.StatusAsync("Preparing");
        string first = (await app.PostAsync("/ev-charger/dev1", new { action = new { command = "charge" } })).GetProperty("data").GetProperty("id").GetString()!;
        JsonElement start = await charger.ReceiveAsync("RemoteStartTransaction");

        JsonElement conflict = await app.PostAsync("/ev-charger/dev1", new { action = new { command = "charge" } });
        JsonElement details = conflict.GetProperty("error").GetProperty("details");
        Assert.Equal("no_strategy_supplied", details.GetProperty("reason").GetString());
        Assert.Equal(first, details.GetProperty("conflictingActionIds")[0].GetString());

        string second = (await app.PostAsync("/ev-charger/dev1", new { action = new { command = "idle" }, onConflict = "cancel_and_replace" })).GetProperty("data").GetProperty("id").GetString()!;
        Assert.Equal("cancelled", (await app.DataAsync($"/actions/{first}")).GetProperty("state").GetString());
        // The start that was on the wire takes effect all the same; the idle ends it.
        int transaction = await charger.StartAsync(start.GetProperty("idTag").GetString()!);
        await charger.StatusAsync("Charging");
        await charger.ReceiveAsync("RemoteStopTransaction");
        await charger.StopAsync(transaction);
        JsonElement ended = await app.UntilAsync($"/actions/{second}", action => action.GetProperty("state").GetString() != "acknowledged");
        Assert.Equal("completed", ended.GetProperty("state").GetString());
        Assert.Equal("cancelled", (await app.DataAsync($"/actions/{first}")).GetProperty("state").GetString());
        Assert.Equal("ACTION_NOT_CANCELLABLE", (await app.PostAsync($"/actions/{first}/cancel")).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task What_is_so_already_completes_at_once()
    {
        (ServiceHost service, ApiClient app, TestChargePoint charger) = await HouseAsync();
        await using ServiceHost house = service;
        await using TestChargePoint peer = charger;
        Assert.Equal("completed", (await app.RunAsync("dev1", "idle")).GetProperty("state").GetString());
        await charger.StatusAsync("Preparing");
        int transaction = await charger.StartAsync("CARD");
        await charger.StatusAsync("Charging");
        JsonElement ended = await app.RunAsync("dev1", "charge");
        Assert.Equal("completed", ended.GetProperty("state").GetString());
        Assert.Equal(transaction.ToString(), ended.GetProperty("result").GetProperty("transactionId").GetString());
        Assert.DoesNotContain(charger.Frames, frame => frame.Contains("RemoteSt"));
    }

    [Fact]
    public async Task A_charger_that_does_not_resume_is_told_to_the_app_and_held_from_then_on()
    {
        (ServiceHost service, ApiClient app, TestChargePoint charger) = await HouseAsync();
        await using ServiceHost house = service;
        await using TestChargePoint peer = charger;
        charger.On("RemoteStopTransaction", call =>
        {
            int transaction = call.GetProperty("transactionId").GetInt32();
            charger.Later(() => charger.StopAsync(transaction));
            return new { status = "Accepted" };
        });
        charger.On("RemoteStartTransaction", _ => new { status = "Rejected" });
        await charger.StatusAsync("Preparing");
        await charger.StartAsync("CARD");
        await charger.StatusAsync("Charging");
        JsonElement idled = await app.RunAsync("dev1", "idle");
        Assert.True(idled.GetProperty("result").GetProperty("sessionHeld").GetBoolean());
        await charger.StatusAsync("Finishing");
        await app.UntilAsync("/ev-charger/dev1", read => read.GetProperty("state").GetProperty("status").GetString() == "paused");
        JsonElement refused = await app.RunAsync("dev1", "charge");
        Assert.Equal("COMMAND_REJECTED", refused.GetProperty("errorCode").GetString());
        Assert.Contains("unplugged", refused.GetProperty("errorMessage").GetString());
        JsonElement learned = (await service.Operator.DataAsync("/operator/charge-points/CP1")).GetProperty("learned");
        Assert.Equal("Hold", learned.GetProperty("idleStrategy").GetString());
    }

    [Fact]
    public async Task Held_by_a_zero_limit_the_transaction_goes_on_and_the_cap_comes_back_first()
    {
        (ServiceHost service, ApiClient app, TestChargePoint charger) = await HouseAsync();
        await using ServiceHost house = service;
        await using TestChargePoint peer = charger;
        await service.Operator.SendAsync(HttpMethod.Put, "/operator/charge-points/CP1", new { idleStrategy = "Hold", phases = 1 });
        await app.PostAsync("/ev-charger/dev1/settings", new { max_charge_rate = new { value = 3.68, unit = "kw" } });
        List<double> limits = [];
        charger.On("SetChargingProfile", call =>
        {
            JsonElement profile = call.GetProperty("csChargingProfiles");
            double limit = profile.GetProperty("chargingSchedule").GetProperty("chargingSchedulePeriod")[0].GetProperty("limit").GetDouble();
            if (profile.GetProperty("chargingProfilePurpose").GetString() == "TxProfile")
            {
                lock (limits)
                    limits.Add(limit);
                charger.Later(() => charger.StatusAsync(limit < 6 ? "SuspendedEVSE" : "Charging"));
            }
            return new { status = "Accepted" };
        });
        await charger.StatusAsync("Preparing");
        await charger.StartAsync("CARD");
        await charger.StatusAsync("Charging");
        await app.UntilAsync("/ev-charger/dev1", _ => limits.Count > 0);
        JsonElement idled = await app.RunAsync("dev1", "idle");
        Assert.Equal("completed", idled.GetProperty("state").GetString());
        Assert.True(idled.GetProperty("result").GetProperty("sessionHeld").GetBoolean());
        await app.UntilAsync("/ev-charger/dev1", read => read.GetProperty("state").GetProperty("status").GetString() == "paused");
        Assert.Equal(0, limits[^1]);
        Assert.Equal("completed", (await app.RunAsync("dev1", "charge")).GetProperty("state").GetString());
        await app.UntilAsync("/ev-charger/dev1", read => read.GetProperty("state").GetProperty("status").GetString() == "charging");
        Assert.Equal(16, limits[^1]);
        Assert.DoesNotContain(charger.Frames, frame => frame.Contains("RemoteSt"));
    }
}

public sealed class SqliteOutcomeTests() : OutcomeTests(HouseStore.Sqlite());

public sealed class PostgresOutcomeTests(PostgresServer server) : OutcomeTests(HouseStore.Postgres(server));
