using System.Globalization;
using System.Text.Json;
using static Amps.Ocpp.Tests.Chargers.Sessions.TransactionFrames;

namespace Amps.Ocpp.Tests.Chargers.Sessions;

/// <summary>Messages from a while ago, by a wrong clock, out of order or again (quirks Q27, Q41, Q44, Q57; faults P6, P11 to P14, P18, P24).</summary>
public sealed class OldMessageTests(StopHouse house) : IClassFixture<StopHouse>
{
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
            charger.Link.Later(async () =>
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
