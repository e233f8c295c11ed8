using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Chargers.Sessions;

/// <summary>The session is held over as many transactions as it takes (charger behaviour, section 4): by stops, and what is learned of them.</summary>
public sealed class HeldSessionTests(StopHouse house) : IClassFixture<StopHouse>
{
    private static bool Held(JsonElement action) => action.GetProperty("result").GetProperty("sessionHeld").GetBoolean();

    private static string? ConfirmedBy(JsonElement action) => action.GetProperty("result").GetProperty("confirmedBy").GetString();

    private static void Completed(JsonElement action) => Assert.True(action.GetProperty("state").GetString() == "completed", action.ToString());

    [Fact]
    [Trait("quirk", "Q48")]
    public async Task A_stopped_session_is_paused_and_goes_on_from_finishing_under_its_cap()
    {
        await using ScriptedCharger charger = await house.BootAsync(cap: 11);
        await charger.ChargeAsync();
        int first = charger.Transaction;
        JsonElement idled = await charger.RunAsync("idle");
        Completed(idled);
        Assert.Equal(("StopTransaction", true), (ConfirmedBy(idled), Held(idled)));
        JsonElement state = await charger.UntilAsync("paused");
        Assert.True(state.GetProperty("isConnected").GetBoolean());
        Assert.False(state.GetProperty("isCharging").GetBoolean());
        Assert.Equal(0, state.GetProperty("currentPower").GetDouble());
        JsonElement again = await charger.RunAsync("idle");
        Assert.True(Held(again));
        Completed(await charger.RunAsync("charge"));
        await charger.UntilAsync("charging");
        Assert.True(charger.Transaction > first);
        Assert.Contains("15.9", Assert.Single(charger.Link.Frames, frame => frame.Contains("RemoteStartTransaction")));
        // Plugged out: nothing is held any more.
        await charger.RunAsync("idle");
        await charger.Link.StatusAsync("Available");
        await charger.UntilAsync("available");
    }

    [Theory]
    [Trait("quirk", "Q47")]
    [Trait("quirk", "Q48")]
    [InlineData(false, "COMMAND_REJECTED")]
    [InlineData(true, "CONFIRMATION_TIMEOUT")]
    public async Task A_charger_that_does_not_resume_is_held_by_a_limit_from_then_on(bool accepts, string code)
    {
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.ChargeAsync();
        Assert.True(Held(await charger.RunAsync("idle")));
        await charger.UntilAsync("paused");
        charger.OnStart = () => accepts ? "Accepted" : "Rejected";
        charger.Starts = false;
        JsonElement refused = await charger.RunAsync("charge");
        Assert.Equal(code, refused.GetProperty("errorCode").GetString());
        Assert.Contains("unplugged", refused.GetProperty("errorMessage").GetString());
        await charger.UntilAsync("finishing");
        JsonElement learned = await charger.LearnedAsync();
        Assert.Equal(("Hold", true), (learned.GetProperty("idleStrategy").GetString(), learned.GetProperty("needsUnplug").GetBoolean()));

        // The next session is held inside its transaction.
        await charger.Link.StatusAsync("Available");
        await charger.ChargeAsync();
        charger.OnLimit = limit =>
        {
            if (limit.Purpose == "TxProfile")
                charger.Link.Later(() => charger.Link.StatusAsync(limit.Amperes == 0 ? "SuspendedEVSE" : "Charging"));
            return "Accepted";
        };
        charger.Written.Clear();
        JsonElement idled = await charger.RunAsync("idle");
        Completed(idled);
        Assert.True(Held(idled));
        Assert.Equal(["TxProfile 0"], charger.Written.Distinct());
        Completed(await charger.RunAsync("charge"));
        await charger.UntilAsync("charging");
    }

    [Theory]
    [InlineData("SuspendedEVSE", "StatusNotification")]
    [InlineData("SuspendedEV", "StatusNotification")]
    [InlineData("power", "MeterValues")]
    [Trait("quirk", "Q77")]
    [InlineData("composite", "GetCompositeSchedule")]
    public async Task A_hold_is_proved_by_status_power_or_the_chargers_own_limit(string shows, string confirmedBy)
    {
        await using ScriptedCharger charger = await house.BootAsync(new { phases = 3, idleStrategy = "Hold" }, cap: 11);
        await charger.ChargeAsync();
        bool zero = false;
        charger.OnLimit = limit =>
        {
            if (limit.Purpose != "TxProfile")
                return "Accepted";
            zero = limit.Amperes == 0;
            charger.Link.Later(() => shows switch
            {
                "composite" => Task.CompletedTask,
                "power" => charger.Link.PowerAsync(zero ? 20 : 7000, transactionId: charger.Transaction),
                _ => charger.Link.StatusAsync(zero ? shows : "Charging"),
            });
            return "Accepted";
        };
        charger.Link.On("GetCompositeSchedule", _ => shows == "composite" && zero
            ? new { status = "Accepted", chargingSchedule = new { chargingRateUnit = "A", chargingSchedulePeriod = new[] { new { startPeriod = 0, limit = 0 } } } }
            : new { status = "Rejected" });
        JsonElement idled = await charger.RunAsync("idle");
        Completed(idled);
        Assert.Equal((confirmedBy, true), (ConfirmedBy(idled), Held(idled)));
        JsonElement state = await charger.UntilAsync("paused");
        Assert.False(state.GetProperty("isCharging").GetBoolean());
        Assert.NotNull(await charger.TransactionAsync());
        Completed(await charger.RunAsync("idle"));
        charger.Written.Clear();
        Completed(await charger.RunAsync("charge"));
        await charger.UntilAsync("charging");
        Assert.Equal("TxProfile 15.9", charger.Written.First());
        Assert.DoesNotContain(charger.Link.Frames, frame => frame.Contains("RemoteSt"));
    }

    [Fact]
    public async Task A_limit_that_does_not_stop_the_energy_is_no_hold_and_may_be_tried_again()
    {
        await using ScriptedCharger charger = await house.BootAsync(new { phases = 3, idleStrategy = "Hold" });
        await charger.ChargeAsync();
        JsonElement idled = await charger.RunAsync("idle");
        Assert.Equal("CONFIRMATION_TIMEOUT", idled.GetProperty("errorCode").GetString());
        await charger.UntilAsync("charging");
        charger.OnLimit = limit =>
        {
            charger.Link.Later(() => charger.Link.PowerAsync(0, transactionId: charger.Transaction));
            return "Accepted";
        };
        Completed(await charger.RunAsync("idle"));
        await charger.UntilAsync("paused");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_charger_that_takes_no_limit_is_stopped_instead(bool error)
    {
        await using ScriptedCharger charger = await house.BootAsync(new { phases = 3, idleStrategy = "Hold" });
        await charger.ChargeAsync();
        charger.OnLimit = _ => error ? null : "Rejected";
        JsonElement idled = await charger.RunAsync("idle");
        Completed(idled);
        Assert.Equal(("StopTransaction", true), (ConfirmedBy(idled), Held(idled)));
        await charger.UntilAsync("paused");
    }

    [Fact]
    [Trait("quirk", "Q72")]
    [Trait("quirk", "Q73")]
    public async Task Where_a_new_limit_does_not_resume_the_cap_is_put_back_before_the_zero_is_taken_away()
    {
        await using ScriptedCharger charger = await house.BootAsync(new { phases = 3, idleStrategy = "Hold" }, cap: 11);
        charger.OnLimit = limit =>
        {
            if (limit is { Purpose: "TxProfile", Amperes: 0 })
                charger.Link.Later(() => charger.Link.StatusAsync("SuspendedEVSE"));
            return "Accepted";
        };
        charger.OnClear = id =>
        {
            charger.Link.Later(() => charger.Link.StatusAsync("Charging"));
            return new { status = "Unknown" };
        };
        await charger.ChargeAsync();
        Completed(await charger.RunAsync("idle"));
        charger.Written.Clear();
        Completed(await charger.RunAsync("charge"));
        Assert.Equal(["TxProfile 15.9", "TxDefaultProfile 15.9", "Clear"], charger.Written.Distinct());
        await charger.UntilAsync("charging");
    }

    [Fact]
    [Trait("quirk", "Q72")]
    [Trait("quirk", "Q78")]
    public async Task A_held_session_that_begins_to_draw_by_itself_gets_its_limit_again_also_after_a_reboot()
    {
        await using ScriptedCharger charger = await house.BootAsync(new { phases = 3, idleStrategy = "Hold" });
        charger.OnLimit = limit =>
        {
            charger.Link.Later(() => charger.Link.StatusAsync("SuspendedEVSE"));
            return "Accepted";
        };
        await charger.ChargeAsync();
        Completed(await charger.RunAsync("idle"));
        await charger.Link.DisposeAsync();
        await using ScriptedCharger again = await ScriptedCharger.BootAsync(house.Service, house.App, charger.Id);
        await again.Link.StatusAsync("Charging");
        await Wait.UntilAsync(() => again.Written.Contains("TxProfile 0"), "the limit is written again");
    }

    [Fact]
    [Trait("quirk", "Q54")]
    public async Task A_charge_of_a_session_that_the_charger_suspends_lifts_what_may_hold_it()
    {
        await using ScriptedCharger charger = await house.BootAsync(cap: 11);
        await charger.ChargeAsync();
        await Wait.UntilAsync(() => charger.Written.Contains("TxProfile 15.9"), "the transaction has its cap");
        await charger.Link.StatusAsync("SuspendedEVSE");
        charger.OnLimit = limit =>
        {
            charger.Link.Later(() => charger.Link.StatusAsync("Charging"));
            return "Accepted";
        };
        Completed(await charger.RunAsync("charge"));
        await charger.UntilAsync("charging");
    }

    [Fact]
    [Trait("quirk", "Q56")]
    public async Task A_start_by_card_of_a_paused_session_is_accepted_and_obeys_the_cap()
    {
        await using ScriptedCharger charger = await house.BootAsync(cap: 11);
        await charger.ChargeAsync();
        await charger.RunAsync("idle");
        await charger.UntilAsync("paused");
        charger.Written.Clear();
        await charger.StartAsync("OTHERCARD");
        await charger.UntilAsync("charging");
        await Wait.UntilAsync(() => charger.Written.Contains("TxProfile 15.9"), "the transaction has the cap");
        Assert.DoesNotContain(charger.Written, written => written.StartsWith("Stop", StringComparison.Ordinal));
    }
}
