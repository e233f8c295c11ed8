using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>Commands and caps on stations of both 2.x releases (charger behaviour, sections 4 and 5).</summary>
public sealed class Ocpp2CommandTests(Ocpp2Service fixture) : IClassFixture<Ocpp2Service>
{
    private readonly List<JsonElement> _starts = [];

    public static TheoryData<string> Versions => ["2.0.1", "2.1"];

    private string IdTag => _starts[^1].GetProperty("idToken").GetProperty("idToken").GetString()!;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Charge_starts_under_the_cap_and_idle_stops_and_both_end_with_the_stations_own_word(string version)
    {
        await using TestStation station = await BootAsync("START" + version, version);
        string device = Ocpp2Service.Device("START" + version);
        await CapAsync(device, 11);
        await Wait.UntilAsync(() => station.Profiles.Any(profile => Profile(profile).GetProperty("chargingProfilePurpose").GetString() == "TxDefaultProfile"), "the cap is written");
        await station.StatusAsync("Occupied");
        await fixture.App.UntilAsync($"/ev-charger/{device}", read => Status(read) == "preparing");

        AnswerStarts(station, () => station.EventAsync("Started", "RemoteStart", "tx1", "Charging", idToken: IdTag, watts: 10_500, wattHours: 1000));
        JsonElement charged = await fixture.App.RunAsync(device, "charge");
        Assert.Equal("completed", charged.GetProperty("state").GetString());
        Assert.Equal(("TransactionEvent", "tx1"), (Result(charged, "confirmedBy"), Result(charged, "transactionId")));
        Assert.Equal(("Central", 1), (_starts[0].GetProperty("idToken").GetProperty("type").GetString(), _starts[0].GetProperty("evseId").GetInt32()));
        JsonElement profile = _starts[0].GetProperty("chargingProfile");
        Assert.Equal(("TxProfile", false), (profile.GetProperty("chargingProfilePurpose").GetString(), profile.TryGetProperty("transactionId", out _)));
        JsonElement read = await fixture.App.UntilAsync($"/ev-charger/{device}", read => Status(read) == "charging");
        Assert.Equal(10.5, read.GetProperty("state").GetProperty("currentPower").GetDouble());
        Assert.Equal("completed", (await fixture.App.RunAsync(device, "charge")).GetProperty("state").GetString());
        Assert.Single(_starts);

        station.On("RequestStopTransaction", stop => After(
            new { status = "Accepted" },
            () => station.EventAsync("Ended", "RemoteStop", stop.GetProperty("transactionId").GetString()!, "EVConnected", stoppedReason: "Remote", wattHours: 2000)));
        JsonElement idled = await fixture.App.RunAsync(device, "idle");
        Assert.Equal(("completed", "TransactionEvent"), (idled.GetProperty("state").GetString(), Result(idled, "confirmedBy")));
        read = await fixture.App.UntilAsync($"/ev-charger/{device}", read => Status(read) == "paused");
        Assert.Equal(0, read.GetProperty("state").GetProperty("currentPower").GetDouble());
        await station.StatusAsync("Available");
        await fixture.App.UntilAsync($"/ev-charger/{device}", read => Status(read) == "available");
    }

    [Fact]
    public async Task A_transaction_that_runs_since_plug_in_is_authorised_and_stopped_within()
    {
        await using TestStation station = await BootAsync("PLUGIN", "2.0.1");
        await station.EventAsync("Started", "CablePluggedIn", "tx9", "EVConnected");
        await station.StatusAsync("Occupied");
        await fixture.App.UntilAsync("/ev-charger/plugin", read => Status(read) == "preparing");
        Assert.Equal("completed", (await fixture.App.RunAsync("plugin", "idle")).GetProperty("state").GetString());

        AnswerStarts(station, () => station.EventAsync("Updated", "RemoteStart", "tx9", "Charging", idToken: IdTag, watts: 7000), transactionId: "tx9");
        station.On("RequestStopTransaction", stop => After(new { status = "Accepted" }, () => station.EventAsync("Updated", "RemoteStop", "tx9", "EVConnected")));
        for (int round = 1; round <= 2; round++)
        {
            JsonElement charged = await fixture.App.RunAsync("plugin", "charge");
            Assert.Equal(("completed", "tx9"), (charged.GetProperty("state").GetString(), Result(charged, "transactionId")));
            await fixture.App.UntilAsync("/ev-charger/plugin", read => Status(read) == "charging");
            Assert.Equal(round, _starts.Count);
            JsonElement idled = await fixture.App.RunAsync("plugin", "idle");
            Assert.Equal("completed", idled.GetProperty("state").GetString());
            await fixture.App.UntilAsync("/ev-charger/plugin", read => Status(read) == "paused");
        }
        await station.EventAsync("Ended", "EVCommunicationLost", "tx9", "Idle", stoppedReason: "EVDisconnected");
        await fixture.App.UntilAsync("/ev-charger/plugin", read => Status(read) == "available");
    }

    [Fact]
    public async Task A_transaction_without_a_vehicle_is_no_session()
    {
        await using TestStation station = await BootAsync("NOCAR", "2.1");
        AnswerStarts(station, () => station.EventAsync("Started", "RemoteStart", "tx2", "Idle", idToken: IdTag));
        JsonElement charged = await fixture.App.RunAsync("nocar", "charge", seconds: 40);
        Assert.Equal(("failed", "VEHICLE_NOT_CONNECTED"), (charged.GetProperty("state").GetString(), charged.GetProperty("errorCode").GetString()));
        await station.EventAsync("Ended", "EVConnectTimeout", "tx2", "Idle", stoppedReason: "Timeout");
    }

    [Fact]
    public async Task The_reason_of_a_refusal_reaches_the_app()
    {
        await using TestStation station = await BootAsync("REFUSES", "2.0.1");
        station.On("RequestStartTransaction", _ => new { status = "Rejected", statusInfo = new { reasonCode = "NoCable", additionalInfo = "plug it in" } });
        JsonElement charged = await fixture.App.RunAsync("refuses", "charge");
        Assert.Equal("COMMAND_REJECTED", charged.GetProperty("errorCode").GetString());
        Assert.Contains("NoCable: plug it in", charged.GetProperty("result").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_held_session_keeps_its_transaction()
    {
        await fixture.Service.RegisterAsync("HOLDS", "customer", new { idleStrategy = "Hold", phases = 1 }, "holds");
        await using TestStation station = await TestStation.BootAsync(fixture.Service.Ocpp, "HOLDS", "2.0.1");
        await station.EventAsync("Started", "Authorized", "tx3", "Charging", idToken: "CARD", watts: 3000);
        await fixture.App.UntilAsync("/ev-charger/holds", read => Status(read) == "charging");
        station.On("SetChargingProfile", call =>
        {
            station.Profiles.Enqueue(call);
            double limit = Limit(call);
            return After(new { status = "Accepted" }, () => station.EventAsync("Updated", "ChargingStateChanged", "tx3", limit == 0 ? "SuspendedEVSE" : "Charging"));
        });
        JsonElement idled = await fixture.App.RunAsync("holds", "idle");
        Assert.True(idled.GetProperty("result").GetProperty("sessionHeld").GetBoolean(), idled.ToString());
        JsonElement[] zeros = [.. station.Profiles.Where(call => Limit(call) == 0)];
        Assert.NotEmpty(zeros);
        Assert.All(zeros, zero => Assert.Equal(
            ("TxProfile", "tx3"), (Profile(zero).GetProperty("chargingProfilePurpose").GetString(), Profile(zero).GetProperty("transactionId").GetString())));
        await fixture.App.UntilAsync("/ev-charger/holds", read => Status(read) == "paused");
        Assert.Equal("completed", (await fixture.App.RunAsync("holds", "charge")).GetProperty("state").GetString());
        await fixture.App.UntilAsync("/ev-charger/holds", read => Status(read) == "charging");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task The_cap_is_a_profile_that_the_rules_allow_and_its_refusal_moves_to_another_form(string version)
    {
        string device = Ocpp2Service.Device("CAP" + version);
        await using TestStation station = await BootAsync("CAP" + version, version, before: s =>
        {
            s.Variables["SmartChargingCtrlr.RateUnit"] = "A,W";
            s.Variables["SmartChargingCtrlr.ProfileStackLevel"] = "7";
            s.Variables["EVSE.Power"] = "11000";
            s.Variables["EVSE.SupplyPhases"] = "3";
            s.Variables["EVSE.AvailabilityState"] = "Available";
        });
        // Only watts and only the lowest level are taken here.
        station.On("SetChargingProfile", object? (call) =>
        {
            station.Profiles.Enqueue(call);
            return Schedule(call).GetProperty("chargingRateUnit").GetString() == "W"
                ? new { status = "Accepted" }
                : new { status = "Rejected", statusInfo = new { reasonCode = "UnsupportedRateUnit" } };
        });
        await CapAsync(device, 7.4);
        JsonElement read = await fixture.Service.Operator.UntilAsync($"/operator/charge-points/CAP{version}", data => data.GetProperty("learned").GetProperty("rateUnit").GetString() == "W");
        Assert.Equal((3, 11.0), (read.GetProperty("learned").GetProperty("phases").GetInt32(), read.GetProperty("learned").GetProperty("ratedPowerKw").GetDouble()));
        JsonElement[] calls = [.. station.Profiles];
        JsonElement first = Profile(calls[0]);
        Assert.Equal((1, "TxDefaultProfile", "Absolute", 7), (
            calls[0].GetProperty("evseId").GetInt32(), first.GetProperty("chargingProfilePurpose").GetString(),
            first.GetProperty("chargingProfileKind").GetString(), first.GetProperty("stackLevel").GetInt32()));
        foreach (JsonElement call in calls)
        {
            bool relative = Profile(call).GetProperty("chargingProfileKind").GetString() == "Relative";
            Assert.NotEqual(relative, Schedule(call).TryGetProperty("startSchedule", out _));
            Assert.Equal(3, Schedule(call).GetProperty("chargingSchedulePeriod")[0].GetProperty("numberPhases").GetInt32());
            Assert.True(Profile(call).GetProperty("stackLevel").GetInt32() <= 7);
        }
        Assert.Equal(7400, Limit(calls[^1]));
    }

    private async Task<TestStation> BootAsync(string id, string version, Action<TestStation>? before = null) => await fixture.BootAsync(id, version, before);

    private void AnswerStarts(TestStation station, Func<Task> then, string? transactionId = null) => station.On("RequestStartTransaction", call =>
    {
        _starts.Add(call);
        return After(transactionId is null ? new { status = "Accepted" } : new { status = "Accepted", transactionId }, then);
    });

    /// <summary>An answer, and what the station does after it.</summary>
    private static object After(object answer, Func<Task> then)
    {
        _ = Task.Run(async () =>
        {
            await Task.Delay(20);
            await then();
        });
        return answer;
    }

    private Task CapAsync(string device, double kilowatts) =>
        fixture.App.PostAsync($"/ev-charger/{device}/settings", new { max_charge_rate = new { value = kilowatts, unit = "kw" } });

    private static string? Status(JsonElement read) => read.GetProperty("state").GetProperty("status").GetString();

    private static string? Result(JsonElement action, string name) => action.GetProperty("result").GetProperty(name).GetString();

    private static JsonElement Profile(JsonElement call) => call.GetProperty("chargingProfile");

    private static JsonElement Schedule(JsonElement call) => Profile(call).GetProperty("chargingSchedule")[0];

    private static double Limit(JsonElement call) => Schedule(call).GetProperty("chargingSchedulePeriod")[0].GetProperty("limit").GetDouble();
}
