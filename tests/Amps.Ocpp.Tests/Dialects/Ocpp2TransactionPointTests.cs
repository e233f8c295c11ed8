using System.Text.Json;
using Amps.HardwareSim;
using Amps.HardwareSim.Ocpp2;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>Stations whose transactions start and stop elsewhere than at the authorisation (TxStartPoint, TxStopPoint).</summary>
public sealed class Ocpp2TransactionPointTests(Ocpp2Service fixture) : IClassFixture<Ocpp2Service>
{
    [Theory]
    [InlineData("EVConnected", "EVConnected", "AtPlugIn", "AtPlugOut")]
    [InlineData("EVConnected,Authorized", "EVConnected,Authorized", "AtPlugIn", "AtStop")]
    [InlineData("Authorized", "Authorized", "AtAuthorization", "AtStop")]
    [InlineData("PowerPathClosed", "EVConnected", "WhenReady", "AtPlugOut")]
    [InlineData("EnergyTransfer", "EnergyTransfer", "WithEnergy", "WithEnergy")]
    public async Task A_session_is_started_stopped_and_goes_on_wherever_its_transactions_begin_and_end(string start, string stop, string starts, string ends)
    {
        string id = $"P-{start.Replace(',', '-')}-{stop.Replace(',', '-')}";
        string device = Ocpp2Service.Device(id);
        await fixture.Service.RegisterAsync(id, "customer", device);
        await using var clock = new SimulationClock();
        var check = new FrameCheck("2.0.1");
        await using var station = new SimulatedStation(new SimulatedChargePointOptions
        {
            Id = id,
            Url = new Uri(fixture.Service.Ocpp.ToString().TrimEnd('/')),
            OcppVersion = "2.0.1",
            Connectors = [new ConnectorOptions { Vehicle = new VehicleOptions() }],
            Personality = new Personality
            {
                Configuration = new Dictionary<string, string?> { ["TxCtrlr.TxStartPoint"] = start, ["TxCtrlr.TxStopPoint"] = stop },
            },
        }, clock);
        station.FrameSeen += check.Take;
        station.Start();

        await UntilAsync(device, "preparing");
        JsonElement shown = await fixture.Service.Operator.UntilAsync(
            $"/operator/charge-points/{id}", data => data.GetProperty("learned").GetProperty("transactionStarts").ValueKind == JsonValueKind.String);
        Assert.Equal((starts, ends), (Learned(shown, "transactionStarts"), Learned(shown, "transactionEnds")));
        Assert.Equal("completed", Text(await fixture.App.RunAsync(device, "idle"), "state"));
        await fixture.App.PostAsync($"/ev-charger/{device}/settings", new { max_charge_rate = new { value = 7.4, unit = "kw" } });
        for (int round = 0; round < 2; round++)
        {
            JsonElement charged = await fixture.App.RunAsync(device, "charge");
            Assert.True(Text(charged, "state") == "completed", charged.ToString());
            // 10.7 A on three phases: the cap holds in the transaction, whenever it began.
            await fixture.App.UntilAsync($"/ev-charger/{device}", read =>
                Text(read.GetProperty("state"), "status") == "charging" && read.GetProperty("state").GetProperty("currentPower") is { ValueKind: JsonValueKind.Number } power && power.GetDouble() == 7.383);
            JsonElement idled = await fixture.App.RunAsync(device, "idle");
            Assert.True(Text(idled, "state") == "completed", idled.ToString());
            Assert.True(idled.GetProperty("result").GetProperty("sessionHeld").GetBoolean(), idled.ToString());
            await UntilAsync(device, "paused");
        }
        station.Unplug(1);
        await UntilAsync(device, "available");
        Assert.Empty(check.Violations);
    }

    [Fact]
    public async Task A_stop_that_only_shows_in_the_charging_state_ends_the_session_where_the_transaction_goes_on()
    {
        await using TestStation station = await BootAsync("SILENTSTOP", "EVConnected", "EVConnected");
        await station.EventAsync("Started", "CablePluggedIn", "t1", "EVConnected");
        await station.StatusAsync("Occupied");
        int starts = 0;
        station.On("RequestStartTransaction", call => After(station, new { status = "Accepted", transactionId = "t1" }, async () =>
        {
            starts++;
            await station.EventAsync("Updated", "ChargingStateChanged", "t1", "Charging", remoteStartId: call.GetProperty("remoteStartId").GetInt32(), watts: 7000);
        }));
        station.On("RequestStopTransaction", _ => After(station, new { status = "Accepted" }, async () =>
        {
            await station.EventAsync("Updated", "ChargingStateChanged", "t1", starts == 1 ? "EVConnected" : "SuspendedEVSE");
        }));
        for (int round = 1; round <= 2; round++)
        {
            Assert.Equal("completed", Text(await fixture.App.RunAsync("silentstop", "charge"), "state"));
            await UntilAsync("silentstop", "charging");
            JsonElement idled = await fixture.App.RunAsync("silentstop", "idle");
            Assert.Equal("completed", Text(idled, "state"));
            Assert.True(idled.GetProperty("result").GetProperty("sessionHeld").GetBoolean());
            await UntilAsync("silentstop", "paused");
            Assert.Equal(round, starts);
        }
        await station.EventAsync("Ended", "EVCommunicationLost", "t1", "Idle", stoppedReason: "EVDisconnected");
        await UntilAsync("silentstop", "available");
    }

    [Fact]
    public async Task A_limit_of_zero_in_the_session_that_goes_on_is_no_second_stop()
    {
        await using TestStation station = await BootAsync("ZEROAGAIN", "EVConnected", "EVConnected");
        await station.EventAsync("Started", "CablePluggedIn", "t1", "EVConnected");
        await station.StatusAsync("Occupied");
        station.On("RequestStartTransaction", _ => After(
            station, new { status = "Accepted", transactionId = "t1" }, () => station.EventAsync("Updated", "RemoteStart", "t1", "Charging", watts: 7000)));
        station.On("RequestStopTransaction", _ => After(station, new { status = "Accepted" }, () => station.EventAsync("Updated", "RemoteStop", "t1", "EVConnected")));
        foreach (string command in new[] { "charge", "idle", "charge" })
            Assert.Equal("completed", Text(await fixture.App.RunAsync("zeroagain", command), "state"));
        await UntilAsync("zeroagain", "charging");
        await station.EventAsync("Updated", "ChargingRateChanged", "t1", "SuspendedEVSE", watts: 0);
        await UntilAsync("zeroagain", "paused");
        JsonElement idled = await fixture.App.RunAsync("zeroagain", "idle");
        Assert.Equal("t1", idled.GetProperty("result").GetProperty("transactionId").GetString());
    }

    [Fact]
    public async Task Energy_in_the_transaction_that_runs_since_plug_in_confirms_a_start_that_no_event_tells()
    {
        await using TestStation station = await BootAsync("ENERGYONLY", "EVConnected", "EVConnected");
        await station.EventAsync("Started", "CablePluggedIn", "t1", "EVConnected");
        await station.StatusAsync("Occupied");
        station.On("RequestStartTransaction", _ => After(station, new { status = "Accepted", transactionId = "t1" }, () => station.PowerAsync(7000)));
        JsonElement charged = await fixture.App.RunAsync("energyonly", "charge");
        Assert.Equal(("completed", "MeterValues", "t1"), (Text(charged, "state"), Result(charged, "confirmedBy"), Result(charged, "transactionId")));
        station.On("RequestStopTransaction", _ => After(station, new { status = "Accepted" }, () => station.EventAsync("Updated", "RemoteStop", "t1", "EVConnected")));
        Assert.Equal("t1", Result(await fixture.App.RunAsync("energyonly", "idle"), "transactionId"));
    }

    [Theory]
    [InlineData("EnergyTransfer", "before energy flows")]
    [InlineData("PowerPathClosed", "before energy may flow")]
    public async Task A_start_that_shows_nothing_before_energy_says_so_when_none_flows_in_time(string start, string words)
    {
        string id = "NOENERGY-" + start;
        await using TestStation station = await BootAsync(id, start, "Authorized");
        station.On("RequestStartTransaction", _ => new { status = "Accepted" });
        await station.StatusAsync("Occupied");
        await UntilAsync(Ocpp2Service.Device(id), "preparing");
        JsonElement charged = await fixture.App.RunAsync(Ocpp2Service.Device(id), "charge", seconds: 40);
        Assert.Equal(("failed", "CONFIRMATION_TIMEOUT"), (Text(charged, "state"), Text(charged, "errorCode")));
        Assert.Contains(words, Result(charged, "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transaction_suspended_by_its_station_is_still_a_session_on_the_next_link()
    {
        await using (TestStation station = await BootAsync("NEXTLINK", "PowerPathClosed", "Authorized"))
        {
            await station.EventAsync("Started", "Authorized", "t1", "Charging", idToken: "CARD", watts: 4000);
            await station.EventAsync("Updated", "ChargingStateChanged", "t1", "SuspendedEVSE");
            await UntilAsync("nextlink", "paused");
        }
        await using TestStation back = await TestStation.BootAsync(fixture.Service.Ocpp, "NEXTLINK", "2.0.1");
        await back.StatusAsync("Occupied");
        await back.EventAsync("Updated", "MeterValuePeriodic", "t1", "SuspendedEVSE", watts: 0, seqNo: 7);
        back.On("RequestStopTransaction", _ => After(back, new { status = "Accepted" }, () => back.EventAsync("Ended", "RemoteStop", "t1", "EVConnected", stoppedReason: "Remote", seqNo: 8)));
        Assert.Equal("t1", Result(await fixture.App.RunAsync("nextlink", "idle"), "transactionId"));
    }

    [Fact]
    public async Task A_session_is_not_held_by_a_limit_that_would_end_it_and_one_that_nobody_asked_for_is_none_after_a_restart()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Amps:Charging:IdleStrategy=Hold");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("HOLDENDS", "customer", "holdends");
        await using (TestStation station = await TestStation.BootAsync(service.Ocpp, "HOLDENDS", "2.0.1", Points("EnergyTransfer", "EnergyTransfer")))
        {
            await service.Operator.UntilAsync("/operator/charge-points/HOLDENDS", data => Learned(data, "transactionEnds") == "WithEnergy");
            await station.EventAsync("Started", "ChargingStateChanged", "t1", "Charging", idToken: "CARD", watts: 4000);
            await app.UntilAsync("/ev-charger/holdends", read => Text(read.GetProperty("state"), "status") == "charging");
            station.On("RequestStopTransaction", _ => After(station, new { status = "Accepted" }, () => station.EventAsync("Ended", "RemoteStop", "t1", "EVConnected", stoppedReason: "Remote")));
            JsonElement idled = await app.RunAsync("holdends", "idle");
            Assert.Equal(("completed", "TransactionEvent"), (Text(idled, "state"), Result(idled, "confirmedBy")));
            Assert.DoesNotContain(station.Profiles, profile => profile.ToString().Contains("\"limit\":0", StringComparison.Ordinal));
        }

        await service.RegisterAsync("UNASKED", "customer", "unasked");
        await using (TestStation station = await TestStation.BootAsync(service.Ocpp, "UNASKED", "2.0.1", Points("EVConnected", "EVConnected")))
        {
            await service.Operator.UntilAsync("/operator/charge-points/UNASKED", data => Learned(data, "transactionStarts") == "AtPlugIn");
            await station.EventAsync("Started", "CablePluggedIn", "t2", "EVConnected");
        }
        await service.StopAsync();
        await using ServiceHost again = await ServiceHost.StartOnAsync(service.Data, "Amps:Mqtt:Mode=Off");
        using var appAgain = new ApiClient(again.Api, app.Key);
        await using TestStation back = await TestStation.BootAsync(again.Ocpp, "UNASKED", "2.0.1", Points("EVConnected", "EVConnected"));
        await back.StatusAsync("Occupied");
        back.On("RequestStartTransaction", _ => After(
            back, new { status = "Accepted", transactionId = "t2" }, () => back.EventAsync("Updated", "RemoteStart", "t2", "Charging", watts: 7000, seqNo: 4)));
        JsonElement charged = await appAgain.RunAsync("unasked", "charge");
        Assert.Equal(("completed", "TransactionEvent"), (Text(charged, "state"), Result(charged, "confirmedBy")));
    }

    private static Action<TestStation> Points(string start, string stop) => station =>
    {
        station.Variables["TxCtrlr.TxStartPoint"] = start;
        station.Variables["TxCtrlr.TxStopPoint"] = stop;
    };

    private async Task<TestStation> BootAsync(string id, string start, string stop)
    {
        TestStation station = await fixture.BootAsync(id, "2.0.1", Points(start, stop));
        await fixture.Service.Operator.UntilAsync($"/operator/charge-points/{id}", data => Learned(data, "transactionEnds") is not null);
        return station;
    }

    private static object After(TestStation station, object answer, Func<Task> then)
    {
        station.Link.Later(then);
        return answer;
    }

    private Task<JsonElement> UntilAsync(string device, string status) =>
        fixture.App.UntilAsync($"/ev-charger/{device}", read => Text(read.GetProperty("state"), "status") == status);

    private static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();

    private static string? Result(JsonElement action, string name) => action.GetProperty("result").GetProperty(name).GetString();

    private static string? Learned(JsonElement chargePoint, string name) => chargePoint.GetProperty("learned").GetProperty(name).GetString();
}
