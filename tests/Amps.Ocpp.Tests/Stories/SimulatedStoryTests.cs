using System.Text.Json;
using Amps.HardwareSim;
using Amps.HardwareSim.Ocpp2;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Stories;

/// <summary>The house with the bundled simulator at the other end, in every version: what run.sh shows, and what hardware does on its own.</summary>
public abstract class SimulatedStoryTests(HouseStore store)
{
    private FrameCheck _check = new();

    private SimulatedHardware Simulate(ServiceHost service, SimulationClock clock, string version, params ConnectorOptions[] connectors)
    {
        var options = new SimulatedChargePointOptions
        {
            Id = "SIM1",
            Url = new Uri(service.Ocpp.ToString().TrimEnd('/')),
            Connectors = connectors,
            ReconnectAfter = TimeSpan.FromMilliseconds(200),
            OcppVersion = version,
        };
        SimulatedHardware chargePoint = version == "1.6" ? new SimulatedChargePoint(options, clock) : new SimulatedStation(options, clock);
        _check = new FrameCheck(version);
        chargePoint.FrameSeen += _check.Take;
        chargePoint.Start();
        return chargePoint;
    }

    private static Task<JsonElement> UntilStatusAsync(ApiClient app, string device, string status, Func<JsonElement, bool>? also = null) =>
        app.UntilAsync($"/ev-charger/{device}", read =>
            read.GetProperty("state").GetProperty("status").GetString() == status && (also is null || also(read.GetProperty("state"))), seconds: 40);

    private static Task<JsonElement> CapAsync(ApiClient app, string device, double kilowatts) =>
        app.PostAsync($"/ev-charger/{device}/settings", new { max_charge_rate = new { value = kilowatts, unit = "kw" } });

    private static double Power(JsonElement state) =>
        state.GetProperty("currentPower") is { ValueKind: JsonValueKind.Number } power ? power.GetDouble() : -1;

    [Theory]
    [InlineData("1.6")]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    public async Task A_charger_goes_from_preparing_to_charging_to_a_capped_7_4_kW_to_paused(string version)
    {
        await using ServiceHost service = await store.StartAsync();
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("SIM1", "customer", "dev1");
        await using var clock = new SimulationClock();
        await using SimulatedHardware charger = Simulate(service, clock, version, new ConnectorOptions { Vehicle = new VehicleOptions() });

        JsonElement read = await UntilStatusAsync(app, "dev1", "preparing");
        Assert.True(read.GetProperty("state").GetProperty("isConnected").GetBoolean());
        await app.UntilAsync("/ev-charger/dev1", r => r.GetProperty("state").GetProperty("powerRateLimit") is { ValueKind: JsonValueKind.Number } limit && limit.GetDouble() == 22.08);
        Assert.Equal("completed", (await app.RunAsync("dev1", "charge")).GetProperty("state").GetString());
        await UntilStatusAsync(app, "dev1", "charging", state => Power(state) == 22.08);

        await CapAsync(app, "dev1", 7.4);
        // 10.7 A on each of three phases: never above the cap.
        read = await UntilStatusAsync(app, "dev1", "charging", state => Power(state) == 7.383 && state.GetProperty("maxCurrent").GetDouble() is > 10.69 and < 10.71);
        Assert.Equal(7.4, read.GetProperty("settings").GetProperty("max_charge_rate").GetProperty("value").GetDouble());

        JsonElement idled = await app.RunAsync("dev1", "idle");
        Assert.Equal(version == "1.6" ? "StopTransaction" : "TransactionEvent", idled.GetProperty("result").GetProperty("confirmedBy").GetString());
        await UntilStatusAsync(app, "dev1", "paused", state => Power(state) == 0);
        Assert.Equal("completed", (await app.RunAsync("dev1", "charge")).GetProperty("state").GetString());
        await UntilStatusAsync(app, "dev1", "charging", state => Power(state) == 7.383);
        charger.Unplug(1);
        await UntilStatusAsync(app, "dev1", "available");
        Assert.Empty(_check.Violations);
        Assert.True(_check.Frames > 40);
    }

    [Theory]
    [InlineData("1.6")]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    public async Task Two_connectors_are_two_chargers_with_their_own_caps(string version)
    {
        await using ServiceHost service = await store.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("SIM1", "customer", "left", "right");
        await using var clock = new SimulationClock();
        await using SimulatedHardware charger = Simulate(
            service, clock, version, new ConnectorOptions { Vehicle = new VehicleOptions() }, new ConnectorOptions { Vehicle = new VehicleOptions() });
        await UntilStatusAsync(app, "left", "preparing");
        await UntilStatusAsync(app, "right", "preparing");
        await CapAsync(app, "left", 5);
        await CapAsync(app, "right", 11);
        await Task.WhenAll(app.RunAsync("left", "charge"), app.RunAsync("right", "charge"));
        await UntilStatusAsync(app, "left", "charging", state => Power(state) == 4.968);
        await UntilStatusAsync(app, "right", "charging", state => Power(state) == 10.971);
        Assert.Equal("completed", (await app.RunAsync("left", "idle")).GetProperty("state").GetString());
        await UntilStatusAsync(app, "left", "paused");
        await UntilStatusAsync(app, "right", "charging");
        Assert.Empty(_check.Violations);
    }

    [Theory]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    public async Task Three_EVSEs_one_with_two_connectors_are_three_chargers_with_their_own_caps_and_sessions(string version)
    {
        await using ServiceHost service = await store.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("SIM1", "customer", "left", "middle", "right");
        await using var clock = new SimulationClock();
        await using SimulatedHardware station = Simulate(
            service, clock, version, new ConnectorOptions(), new ConnectorOptions { Plugs = 2 }, new ConnectorOptions { Vehicle = new VehicleOptions() });
        await UntilStatusAsync(app, "left", "available");
        await UntilStatusAsync(app, "middle", "available");
        await UntilStatusAsync(app, "right", "preparing");
        station.PlugIn(1);
        station.PlugIn(2, new VehicleOptions { Plug = 2 });
        await UntilStatusAsync(app, "left", "preparing");
        await UntilStatusAsync(app, "middle", "preparing");
        await CapAsync(app, "left", 5);
        await CapAsync(app, "middle", 7.4);
        JsonElement[] charged = await Task.WhenAll(app.RunAsync("left", "charge"), app.RunAsync("middle", "charge"), app.RunAsync("right", "charge"));
        Assert.All(charged, action => Assert.Equal("completed", action.GetProperty("state").GetString()));
        await UntilStatusAsync(app, "left", "charging", state => Power(state) == 4.968);
        await UntilStatusAsync(app, "middle", "charging", state => Power(state) == 7.383);
        await UntilStatusAsync(app, "right", "charging", state => Power(state) == 22.08);
        await CapAsync(app, "right", 11);
        await UntilStatusAsync(app, "right", "charging", state => Power(state) == 10.971);

        Assert.Equal("completed", (await app.RunAsync("middle", "idle")).GetProperty("state").GetString());
        await UntilStatusAsync(app, "middle", "paused", state => Power(state) == 0);
        await UntilStatusAsync(app, "left", "charging", state => Power(state) == 4.968);
        await service.Operator.UntilAsync("/operator/charge-points/SIM1", shown => shown.GetProperty("devices").EnumerateArray()
            .Select(device => device.GetProperty("appliedCapKw") is { ValueKind: JsonValueKind.Number } applied ? applied.GetDouble() : 0).SequenceEqual([5, 7.4, 11]));
        // Another vehicle at the other connector of that EVSE.
        station.Unplug(2);
        await UntilStatusAsync(app, "middle", "available");
        station.PlugIn(2);
        await UntilStatusAsync(app, "middle", "preparing");
        Assert.Equal("completed", (await app.RunAsync("middle", "charge")).GetProperty("state").GetString());
        await UntilStatusAsync(app, "middle", "charging", state => Power(state) == 7.383);
        station.Unplug(1);
        await UntilStatusAsync(app, "left", "available");
        await UntilStatusAsync(app, "right", "charging", state => Power(state) == 10.971);
        Assert.Equal([null, "Charging", "Charging"], station.Snapshots.Select(evse => evse.TransactionId is null ? null : evse.Status));
        Assert.Empty(_check.Violations);
    }

    [Theory]
    [InlineData("1.6")]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    public async Task A_cap_survives_a_reboot_of_the_charger_and_reaches_one_that_was_away(string version)
    {
        await using ServiceHost service = await store.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("SIM1", "customer", "dev1");
        await using var clock = new SimulationClock();
        await using SimulatedHardware charger = Simulate(service, clock, version, new ConnectorOptions { Vehicle = new VehicleOptions() });
        await UntilStatusAsync(app, "dev1", "preparing");
        charger.GoOffline();
        await app.UntilAsync("/ev-charger/dev1", read => read.GetProperty("metadata").GetProperty("source").GetString() == "fallback");
        await CapAsync(app, "dev1", 6.9);
        charger.GoOnline();
        await AwaitAsync(() => charger.Snapshots[0].LimitA == 10);
        charger.Reboot();
        await AwaitAsync(() => !charger.IsAccepted);
        await AwaitAsync(() => charger.IsAccepted && charger.Snapshots[0].LimitA == 10);
        Assert.Empty(_check.Violations);
    }

    [Theory]
    [InlineData("1.6")]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    public async Task What_a_charger_did_while_offline_is_told_in_order_when_it_returns(string version)
    {
        await using ServiceHost service = await store.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("SIM1", "customer", "dev1");
        await using var clock = new SimulationClock();
        await using SimulatedHardware charger = Simulate(service, clock, version, new ConnectorOptions { Vehicle = new VehicleOptions() });
        await UntilStatusAsync(app, "dev1", "preparing");
        await app.RunAsync("dev1", "charge");
        charger.GoOffline();
        charger.Unplug(1);
        charger.GoOnline();
        await UntilStatusAsync(app, "dev1", "available");
        JsonElement shown = (await service.Operator.DataAsync("/operator/charge-points/SIM1")).GetProperty("devices")[0];
        Assert.Equal(JsonValueKind.Null, shown.GetProperty("transactionId").ValueKind);
        Assert.Empty(_check.Violations);
    }

    [Theory]
    [InlineData("1.6")]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    public async Task A_faulted_charger_says_so_and_refuses_to_charge(string version)
    {
        await using ServiceHost service = await store.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("SIM1", "customer", "dev1");
        await using var clock = new SimulationClock();
        await using SimulatedHardware charger = Simulate(service, clock, version, new ConnectorOptions { Vehicle = new VehicleOptions() });
        await UntilStatusAsync(app, "dev1", "preparing");
        charger.Fault(1, "GroundFailure");
        await UntilStatusAsync(app, "dev1", "faulted");
        JsonElement refused = await app.RunAsync("dev1", "charge");
        Assert.Equal("CHARGER_FAULTED", refused.GetProperty("errorCode").GetString());
        charger.ClearFault(1);
        await UntilStatusAsync(app, "dev1", "preparing");
        Assert.Equal("completed", (await app.RunAsync("dev1", "charge")).GetProperty("state").GetString());
        Assert.Empty(_check.Violations);
    }

    private static async Task AwaitAsync(Func<bool> condition)
    {
        for (int i = 0; i < 1000 && !condition(); i++)
            await Task.Delay(20);
        Assert.True(condition());
    }
}

public sealed class SqliteSimulatedStoryTests() : SimulatedStoryTests(HouseStore.Sqlite());

public sealed class PostgresSimulatedStoryTests(PostgresServer server) : SimulatedStoryTests(HouseStore.Postgres(server));
