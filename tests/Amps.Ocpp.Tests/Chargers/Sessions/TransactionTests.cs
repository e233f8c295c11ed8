using System.Globalization;
using System.Text.Json;
using static Amps.Ocpp.Tests.Chargers.Sessions.TransactionFrames;

namespace Amps.Ocpp.Tests.Chargers.Sessions;

/// <summary>Which transaction runs, whatever a charge point says of it (quirks Q41 to Q45, Q52; faults P16 to P19).</summary>
public sealed class TransactionTests(StopHouse house) : IClassFixture<StopHouse>
{
    [Fact]
    [Trait("quirk", "Q41")]
    public async Task A_transaction_that_runs_since_before_this_service_is_adopted_from_its_meter_values_and_can_be_stopped()
    {
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.Link.StatusAsync("Charging");
        await PowerAsync(charger, 7000, 1_900_000_001);
        await charger.UntilTransactionAsync(1_900_000_001);
        JsonElement idled = await charger.RunAsync("idle");
        Assert.True(idled.GetProperty("state").GetString() == "completed", idled.ToString());
        Assert.Equal(["Stop 1900000001"], charger.Written);
        await charger.UntilTransactionAsync(null);
    }

    [Fact]
    [Trait("row", "P19")]
    public async Task Meter_values_with_another_charge_points_transaction_are_the_tellers_own()
    {
        await using ScriptedCharger other = await house.BootAsync();
        await other.ChargeAsync(3000);
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.Link.StatusAsync("Charging");
        await PowerAsync(charger, 7000, other.Transaction);
        await charger.UntilAsync(state => state.GetProperty("currentPower").GetDouble() == 7);
        await charger.Link.CallAsync("Heartbeat", new { });
        Assert.Null(await charger.TransactionAsync());
        Assert.Equal(3, (await other.UntilAsync("charging")).GetProperty("currentPower").GetDouble());
    }

    [Fact]
    [Trait("quirk", "Q42")]
    public async Task Closing_meter_values_do_not_revive_a_transaction()
    {
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.ChargeAsync();
        await StopAsync(charger, charger.Transaction);
        await PowerAsync(charger, 7000, charger.Transaction);
        await charger.Link.StatusAsync("Charging");
        await PowerAsync(charger, 7000, charger.Transaction);
        await charger.Link.CallAsync("Heartbeat", new { });
        Assert.Null(await charger.TransactionAsync());
    }

    [Fact]
    [Trait("quirk", "Q43")]
    [Trait("row", "P16")]
    [Trait("row", "P17")]
    public async Task A_stop_that_comes_days_late_is_stored_and_touches_nothing_of_now()
    {
        await using ScriptedCharger charger = await house.BootAsync();
        int old = await StartAsync(charger, TimeSpan.FromDays(3));
        await charger.ChargeAsync();
        Assert.Equal("{}", (await StopAsync(charger, old, TimeSpan.FromDays(2))).GetRawText());
        Assert.Equal("{}", (await StopAsync(charger, old, TimeSpan.FromDays(2))).GetRawText());
        JsonElement state = await charger.UntilAsync("charging");
        Assert.Equal(7, state.GetProperty("currentPower").GetDouble());
        Assert.Equal(charger.Transaction.ToString(CultureInfo.InvariantCulture), await charger.TransactionAsync());
    }

    [Theory]
    [Trait("quirk", "Q44")]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_stop_that_names_no_transaction_is_that_of_the_only_one_if_it_was_asked_for(int id)
    {
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.ChargeAsync();
        charger.OnStop = async _ =>
        {
            await StopAsync(charger, id, reason: "Remote");
            await charger.Link.StatusAsync("Finishing");
        };
        JsonElement idled = await charger.RunAsync("idle");
        Assert.True(idled.GetProperty("state").GetString() == "completed", idled.ToString());
        await charger.UntilAsync("paused");
        await charger.UntilTransactionAsync(null);
    }

    [Theory]
    [Trait("quirk", "Q44")]
    [Trait("row", "P16")]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_stop_that_names_no_transaction_ends_nothing_while_energy_flows_and_is_believed_when_the_charger_is_free(int id)
    {
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.ChargeAsync();
        Assert.Equal("{}", (await StopAsync(charger, id)).GetRawText());
        await charger.Link.CallAsync("Heartbeat", new { });
        Assert.NotNull(await charger.TransactionAsync());
        await charger.Link.StatusAsync("Finishing");
        Assert.Equal("{}", (await StopAsync(charger, id)).GetRawText());
        await charger.UntilTransactionAsync(null);
    }

    [Theory]
    [Trait("row", "P16")]
    [Trait("row", "P19")]
    [InlineData(2_147_483_647)]
    [InlineData(99_999_999_999)]
    [InlineData(long.MinValue)]
    public async Task Ids_that_nobody_gave_are_answered_and_end_nothing(long id)
    {
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.ChargeAsync();
        Assert.Equal("{}", (await StopAsync(charger, id)).GetRawText());
        Assert.Equal("{}", (await PowerAsync(charger, 6000, id)).GetRawText());
        Assert.Equal(6, (await charger.UntilAsync("charging")).GetProperty("currentPower").GetDouble());
        Assert.Equal(charger.Transaction.ToString(CultureInfo.InvariantCulture), await charger.TransactionAsync());
    }

    [Fact]
    [Trait("quirk", "Q45")]
    public async Task A_charger_that_is_available_without_power_has_ended_its_transaction_and_its_own_word_still_counts()
    {
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.ChargeAsync();
        await charger.Link.StatusAsync("Available");
        await charger.UntilAsync("available");
        await charger.UntilTransactionAsync(null);
        Assert.Equal("{}", (await StopAsync(charger, charger.Transaction)).GetRawText());
        // It was not over after all: what it tells of now counts.
        await charger.Link.StatusAsync("Charging");
        await charger.UntilAsync("charging");
    }

    [Fact]
    [Trait("quirk", "Q45")]
    public async Task A_charger_that_delivers_while_it_says_available_keeps_its_transaction()
    {
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.ChargeAsync();
        await charger.Link.StatusAsync("Available");
        await Task.Delay(1100);
        await charger.Link.PowerAsync(7000, transactionId: charger.Transaction);
        await charger.UntilAsync("charging");
        await charger.UntilTransactionAsync(charger.Transaction);
        Assert.True((await charger.UntilAsync("charging")).GetProperty("isConnected").GetBoolean());
    }

    [Fact]
    [Trait("quirk", "Q52")]
    public async Task A_charger_that_tells_no_status_after_a_local_stop_is_asked_for_it()
    {
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.ChargeAsync();
        charger.Link.On("TriggerMessage", call =>
        {
            if (call.GetProperty("requestedMessage").GetString() == "StatusNotification")
                charger.Link.Later(() => charger.Link.StatusAsync("Preparing"));
            return new { status = "Accepted" };
        });
        await StopAsync(charger, charger.Transaction);
        await charger.UntilAsync("preparing");
    }
}
