using System.Globalization;
using System.Text.Json;

namespace Amps.Ocpp.Tests.Chargers.Sessions;

/// <summary>Which transaction runs, whatever a charge point says of it (quirks Q41 to Q46, Q52, Q57; faults P11 to P19).</summary>
public sealed class TransactionTests(StopHouse house) : IClassFixture<StopHouse>
{
    private static string Time(TimeSpan ago) => (DateTime.UtcNow - ago).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static object Start(TimeSpan ago, string tag = "CARD") =>
        new { connectorId = 1, idTag = tag, meterStart = Random.Shared.Next(1_000_000), timestamp = Time(ago) };

    private static async Task<int> StartAsync(ScriptedCharger charger, TimeSpan ago, string tag = "CARD") =>
        (await charger.Link.CallAsync("StartTransaction", Start(ago, tag))).GetProperty("transactionId").GetInt32();

    private static Task<JsonElement> StopAsync(ScriptedCharger charger, long transaction, TimeSpan ago = default, int meterStop = 2_000_000, string reason = "Local") =>
        charger.Link.CallAsync("StopTransaction", new { transactionId = transaction, meterStop, reason, timestamp = Time(ago) });

    private static Task<JsonElement> PowerAsync(ScriptedCharger charger, double watts, long? transaction, TimeSpan ago = default, string? context = null) =>
        charger.Link.CallAsync("MeterValues", new
        {
            connectorId = 1,
            transactionId = transaction,
            meterValue = new[] { new { timestamp = Time(ago), sampledValue = new[] { new { value = watts.ToString(CultureInfo.InvariantCulture), measurand = "Power.Active.Import", unit = "W", context = context ?? "Sample.Periodic" } } } },
        });

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
                _ = Task.Run(() => charger.Link.StatusAsync("Preparing"));
            return new { status = "Accepted" };
        });
        await StopAsync(charger, charger.Transaction);
        await charger.UntilAsync("preparing");
    }

    [Theory]
    [Trait("quirk", "Q41")]
    [Trait("row", "P24")]
    [InlineData("meter")]
    [InlineData("status")]
    [InlineData("quiet")]
    public async Task A_transaction_started_while_away_and_still_running_is_found(string evidence)
    {
        await using ScriptedCharger charger = await house.BootAsync();
        if (evidence != "status")
            await charger.Link.StatusAsync("Charging");
        int ended = await StartAsync(charger, TimeSpan.FromHours(5));
        await PowerAsync(charger, 3000, ended, TimeSpan.FromHours(4.5));
        await StopAsync(charger, ended, TimeSpan.FromHours(4));
        int running = await StartAsync(charger, TimeSpan.FromHours(3));
        await PowerAsync(charger, 4000, running, TimeSpan.FromHours(2));
        Assert.Null(await charger.TransactionAsync());
        if (evidence == "meter")
            await PowerAsync(charger, 7000, running);
        else if (evidence == "status")
            await charger.Link.StatusAsync("Charging");
        await charger.UntilTransactionAsync(running);
        await charger.UntilAsync("charging");
    }

    [Fact]
    [Trait("row", "P6")]
    [Trait("quirk", "Q27")]
    public async Task A_clock_that_is_decades_late_is_no_reason_to_doubt_what_was_asked_for()
    {
        await using ScriptedCharger charger = await house.BootAsync();
        TimeSpan behind = DateTime.UtcNow - new DateTime(1970, 1, 1, 0, 10, 0, DateTimeKind.Utc);
        await charger.Link.StatusAsync("Preparing");
        int transaction = 0;
        charger.Link.On("RemoteStartTransaction", call =>
        {
            string tag = call.GetProperty("idTag").GetString()!;
            _ = Task.Run(async () =>
            {
                transaction = await StartAsync(charger, behind, tag);
                await charger.Link.StatusAsync("Charging");
                await PowerAsync(charger, 7000, transaction, behind);
            });
            return new { status = "Accepted" };
        });
        JsonElement charged = await charger.RunAsync("charge");
        Assert.True(charged.GetProperty("state").GetString() == "completed", charged.ToString());
        await charger.UntilAsync(state => state.GetProperty("currentPower") is { ValueKind: JsonValueKind.Number } power && power.GetDouble() == 7);
        // Without any transaction the time of arrival counts.
        await PowerAsync(charger, 6000, null, behind);
        await charger.UntilAsync(state => state.GetProperty("currentPower").GetDouble() == 6);
    }

    [Fact]
    [Trait("row", "P14")]
    public async Task A_start_while_another_transaction_runs_takes_its_place_under_a_new_id()
    {
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.ChargeAsync();
        int first = charger.Transaction;
        await charger.StartAsync("OTHER");
        Assert.True(charger.Transaction > first);
        await charger.UntilTransactionAsync(charger.Transaction);
        // The end of the one before is answered and is not the end of this one.
        await StopAsync(charger, first);
        Assert.Equal(charger.Transaction.ToString(CultureInfo.InvariantCulture), await charger.TransactionAsync());
    }

    [Fact]
    [Trait("row", "P13")]
    public async Task A_start_repeated_after_its_end_is_the_same_transaction_and_opens_nothing()
    {
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.Link.StatusAsync("Preparing");
        object start = Start(TimeSpan.FromSeconds(1));
        int id = (await charger.Link.CallAsync("StartTransaction", start)).GetProperty("transactionId").GetInt32();
        await StopAsync(charger, id);
        Assert.Equal(id, (await charger.Link.CallAsync("StartTransaction", start)).GetProperty("transactionId").GetInt32());
        Assert.Null(await charger.TransactionAsync());
    }

    [Fact]
    [Trait("row", "P11")]
    public async Task A_status_older_than_the_newest_is_not_shown_and_the_charger_is_asked_whether_its_clock_was_put_back()
    {
        await using ScriptedCharger charger = await house.BootAsync();
        Task Tell(string status, int ago) => charger.Link.CallAsync(
            "StatusNotification", new { connectorId = 1, errorCode = "NoError", status, timestamp = Time(TimeSpan.FromSeconds(ago)) });
        await Tell("Preparing", 10);
        await Tell("Charging", 20);
        await Tell("Finishing", 30);
        Assert.Equal("preparing", (await charger.UntilAsync(_ => true)).GetProperty("status").GetString());
        await Tell("SuspendedEV", 10);
        await charger.UntilAsync("paused");
        // A boot begins anew, and so does the answer to a question.
        await charger.Link.CallAsync("BootNotification", new { chargePointVendor = "Test", chargePointModel = "Scripted", firmwareVersion = "1" });
        await Tell("Preparing", 3600);
        await charger.UntilAsync("preparing");
    }

    [Fact]
    [Trait("row", "P12")]
    public async Task A_status_for_a_change_that_cannot_be_is_believed()
    {
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.Link.StatusAsync("Available");
        await charger.Link.StatusAsync("Finishing");
        await charger.UntilAsync("finishing");
    }

    [Fact]
    [Trait("row", "P18")]
    [Trait("quirk", "Q57")]
    public async Task A_stop_with_a_register_that_went_back_and_ten_thousand_values_is_answered()
    {
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.Link.StatusAsync("Preparing");
        int id = await charger.Link.StartAsync("CARD", meterStart: 1000);
        // As much as one frame may hold; what is longer is another row (R).
        object[] values = [.. Enumerable.Range(0, 10_000).Select(i => new { value = i.ToString(CultureInfo.InvariantCulture) })];
        JsonElement answer = await charger.Link.CallAsync("StopTransaction", new
        {
            transactionId = id,
            meterStop = 999,
            timestamp = Time(TimeSpan.FromMinutes(1)),
            transactionData = new[] { new { timestamp = Time(TimeSpan.Zero), sampledValue = values } },
        });
        Assert.Equal("{}", answer.GetRawText());
        Assert.Null(await charger.TransactionAsync());
    }

    [Fact]
    [Trait("quirk", "Q44")]
    public async Task Meter_values_of_the_whole_charge_point_that_name_a_transaction_are_its_connectors()
    {
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.ChargeAsync();
        await charger.Link.PowerAsync(5000, connectorId: 0, transactionId: charger.Transaction);
        Assert.Equal(5, (await charger.UntilAsync("charging")).GetProperty("currentPower").GetDouble());
        await charger.Link.PowerAsync(90000, connectorId: 0);
        Assert.Equal(5, (await charger.UntilAsync("charging")).GetProperty("currentPower").GetDouble());
    }
}
