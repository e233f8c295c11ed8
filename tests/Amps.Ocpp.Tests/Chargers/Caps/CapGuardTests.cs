using Amps.Ocpp.Model;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Chargers.Caps;

/// <summary>The cap stays in force: readback, guard, boots, pauses, frames that change (charger behaviour, section 5, points 3 to 6).</summary>
public sealed class CapGuardTests
{
    private readonly ManualTimeProvider _clock = new();

    private async Task<CapHouse> HouseAsync(LimitingChargePoint device, double cap, int? phases = 3)
    {
        var house = new CapHouse(_clock, device, phases);
        await house.ConnectAsync();
        await house.CapAsync(cap);
        return house;
    }

    private LimitingChargePoint Device(bool showsSchedule = true) => new(_clock) { ShowsSchedule = showsSchedule };

    private static double[] Own(CapHouse house) => [.. house.Device.Writes.Where(write => write.Profile.Purpose == "TxDefaultProfile").Select(write => write.Profile.Limit)];

    private static double[] Running(CapHouse house) => [.. house.Device.Writes.Where(write => write.Profile.Purpose == "TxProfile").Select(write => write.Profile.Limit)];

    [Fact]
    public async Task A_charger_above_its_cap_for_30_s_gets_it_again_and_it_is_told()
    {
        CapHouse house = await HouseAsync(Device(showsSchedule: false), 7.4);
        await house.StartAsync();
        await house.MeterAsync(powerKw: 11);
        await house.AdvanceAsync(25);
        await house.MeterAsync(powerKw: 11);
        Assert.Null(house.Charger.UnmetLimit);
        Assert.Equal([10.7], Own(house));
        int asked = house.Link!.MeterTriggers;
        await house.AdvanceAsync(5);
        Assert.Equal(asked + 1, house.Link.MeterTriggers);
        await house.MeterAsync(powerKw: 11);
        Assert.Equal([10.7, 10.7], Own(house));
        Assert.Equal([10.7, 10.7], Running(house));
        Assert.Contains("capDrifted", house.Notices);
        Assert.Contains("11 kW seen where 7.4 kW", house.Charger.UnmetLimit);
        await house.MeterAsync(powerKw: 7.3);
        Assert.Null(house.Charger.UnmetLimit);
        Assert.Equal("measured", house.Charger.CapVerifiedBy);
    }

    [Theory]
    [InlineData(7.7)]
    [InlineData(0.05)]
    public async Task What_is_within_a_twentieth_of_the_cap_is_left_alone(double kilowatts)
    {
        CapHouse house = await HouseAsync(Device(), 7.4);
        await house.StartAsync();
        for (int i = 0; i < 10; i++)
        {
            await house.MeterAsync(powerKw: kilowatts);
            await house.AdvanceAsync(15);
        }
        Assert.Equal([10.7], Own(house));
        Assert.DoesNotContain("capDrifted", house.Notices);
    }

    [Fact]
    public async Task A_charger_that_goes_on_above_its_cap_gets_it_in_another_form_and_ever_less_often()
    {
        LimitingChargePoint device = Device(showsSchedule: false);
        device.Heeds = _ => false;
        CapHouse house = await HouseAsync(device, 7.4);
        await house.StartAsync();
        for (int i = 0; i < 60; i++)
        {
            await house.MeterAsync(powerKw: 11);
            await house.AdvanceAsync(30);
        }
        Assert.InRange(Own(house).Length, 4, 10);
        Assert.True(device.Writes.Select(write => (write.Profile.Kind, write.Profile.StackLevel, write.Profile.Unit)).Distinct().Count() > 2);
        Assert.NotNull(house.Charger.UnmetLimit);
    }

    [Fact]
    public async Task A_form_that_is_accepted_and_ignored_is_followed_by_the_next()
    {
        LimitingChargePoint device = Device();
        device.Heeds = profile => profile.Kind == "Relative";
        CapHouse house = await HouseAsync(device, 7.4);
        await house.StartAsync();
        await house.AdvanceAsync(120);
        Assert.InRange(device.InForceKw, 7, 7.4);
        Assert.Null(house.Charger.UnmetLimit);
        Assert.Equal("compositeSchedule", house.Charger.CapVerifiedBy);
        Assert.Contains("capDrifted", house.Notices);
    }

    [Fact]
    public async Task A_charger_that_shows_nothing_is_unverified_and_not_failed()
    {
        CapHouse house = await HouseAsync(Device(showsSchedule: false), 7.4);
        Assert.Null(house.Charger.UnmetLimit);
        Assert.Null(house.Charger.CapVerifiedBy);
        await house.AdvanceAsync(1000);
        Assert.Equal([10.7], Own(house));
        Assert.DoesNotContain("capRefused", house.Notices);
    }

    [Theory]
    [InlineData(true, false, 1)]
    [InlineData(true, true, 2)]
    [InlineData(false, false, 2)]
    public async Task After_a_reboot_it_is_read_first_and_written_only_on_a_difference(bool shows, bool loses, int writes)
    {
        CapHouse house = await HouseAsync(new LimitingChargePoint(_clock) { ShowsSchedule = shows, LosesAtReboot = loses }, 7.4);
        await house.AdvanceAsync(60);
        await house.DisconnectAsync();
        house.Device.Reboot();
        await house.ConnectAsync();
        Assert.Equal(writes, Own(house).Length);
        Assert.InRange(house.Device.InForceKw, 7, 7.4);
    }

    [Fact]
    public async Task A_boot_on_the_link_in_use_makes_it_be_looked_at_too()
    {
        CapHouse house = await HouseAsync(Device(), 7.4);
        await house.AdvanceAsync(60);
        house.Device.Forget();
        await house.BootAgainAsync();
        Assert.Equal([10.7, 10.7], Own(house));
    }

    [Fact]
    public async Task What_is_forgotten_in_a_pause_or_with_a_transaction_is_put_back()
    {
        CapHouse house = await HouseAsync(new LimitingChargePoint(_clock) { LosesWithTransaction = true }, 7.4);
        await house.AdvanceAsync(60);
        await house.StartAsync();
        Assert.Equal([10.7], Running(house));
        await house.StatusAsync(ConnectorStatus.SuspendedEVSE);
        house.Device.Forget();
        await house.StatusAsync(ConnectorStatus.Charging);
        Assert.InRange(house.Device.InForceKw, 7, 7.4);
        await house.StopAsync();
        Assert.InRange(house.Device.InForceKw, 7, 7.4);
    }

    [Fact]
    public async Task A_charger_without_limits_of_transactions_gets_its_own_again_when_it_forgets_it_in_a_pause()
    {
        LimitingChargePoint device = Device();
        device.Takes = profile => profile.Purpose != "TxProfile";
        CapHouse house = await HouseAsync(device, 7.4);
        await house.AdvanceAsync(60);
        await house.StartAsync();
        Assert.Null(house.Charger.UnmetLimit);
        await house.StatusAsync(ConnectorStatus.SuspendedEVSE);
        device.Forget();
        await house.StatusAsync(ConnectorStatus.Charging);
        await house.AdvanceAsync(10);
        Assert.InRange(device.InForceKw, 7, 7.4);
    }

    [Fact]
    public async Task Phases_and_voltages_that_become_known_change_the_amperes()
    {
        CapHouse house = await HouseAsync(new LimitingChargePoint(_clock) { Phases = 1, ShowsSchedule = false }, 7.4, phases: null);
        Assert.Equal([10.7], Own(house));
        await house.ConfigureAsync(configuration => configuration with { Phases = 1 });
        await house.AdvanceAsync(15);
        Assert.Equal([10.7, 32.1], Own(house));
        await house.StartAsync();
        await house.MeterAsync(voltage: 240);
        await house.AdvanceAsync(15);
        Assert.Equal([10.7, 32.1, 30.8], Own(house));
        // A lower voltage lets the same amperes carry less: no write is spent on it.
        await house.MeterAsync(voltage: 228);
        await house.AdvanceAsync(60);
        Assert.Equal([10.7, 32.1, 30.8], Own(house));
        Assert.Equal(30.8, Running(house)[^1]);
        // Phase to phase, it is no voltage of a phase.
        await house.MeterAsync(voltage: 400);
        await house.AdvanceAsync(60);
        Assert.Equal(3, Own(house).Length);
    }

    [Theory]
    [InlineData(true, 2.3, 10, 1)]
    [InlineData(true, 1.3, 0, 3)]
    [InlineData(false, 2.3, 0, 3)]
    [InlineData(true, 4.14, 6, 3)]
    public async Task Too_little_for_three_phases_is_for_one_where_that_is_possible_and_else_nothing(bool switches, double cap, double amperes, int phases)
    {
        CapHouse house = await HouseAsync(new LimitingChargePoint(_clock) { SwitchesPhases = switches }, cap);
        await house.StartAsync();
        Assert.Equal((amperes, phases), (house.Device.Own!.Limit, house.Device.Own.Phases));
        Assert.Equal((amperes, phases), (house.Device.Running!.Limit, house.Device.Running.Phases));
        Assert.Equal(amperes, house.Charger.State.MaxCurrent);
        if (amperes > 0)
            return;
        await house.StatusAsync(ConnectorStatus.SuspendedEVSE);
        Assert.Equal(ChargerStatus.Paused, house.Charger.State.Status);
        await house.StatusAsync(ConnectorStatus.Charging);
        await house.MeterAsync(powerKw: 0);
        Assert.Equal(ChargerStatus.Paused, house.Charger.State.Status);
    }

    [Fact]
    public async Task A_charger_that_does_not_switch_to_one_phase_after_all_is_held_at_nothing()
    {
        CapHouse house = await HouseAsync(new LimitingChargePoint(_clock) { SwitchesPhases = true, ShowsSchedule = false }, 2.3);
        await house.StartAsync();
        await house.MeterAsync(powerKw: 6.9);
        await house.AdvanceAsync(35);
        await house.MeterAsync(powerKw: 6.9);
        await house.AdvanceAsync(15);
        Assert.Equal(0, house.Device.Own!.Limit);
        Assert.Equal(0, house.Device.Running!.Limit);
    }

    [Fact]
    public async Task Persistent_writes_are_10_s_apart_and_a_running_transaction_does_not_wait_for_them()
    {
        CapHouse house = await HouseAsync(Device(), 11);
        await house.StartAsync();
        await house.AdvanceAsync(1);
        await house.CapAsync(9);
        await house.CapAsync(7.4);
        Assert.Equal([15.9], Own(house));
        await Wait.UntilAsync(() => Running(house)[^1] == 10.7, "the transaction has the newest cap before the clock moves");
        Assert.InRange(house.Device.InForceKw, 7, 7.4);
        await house.AdvanceAsync(30);
        Assert.Equal([15.9, 10.7], Own(house));
        DateTimeOffset[] times = [.. house.Device.Writes.Where(write => write.Profile.Purpose == "TxDefaultProfile").Select(write => write.At)];
        Assert.True(times[1] - times[0] >= TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_charger_that_takes_limits_of_transactions_alone_is_told_as_such()
    {
        LimitingChargePoint device = Device();
        device.Takes = profile => profile.Purpose == "TxProfile";
        CapHouse house = await HouseAsync(device, 7.4);
        Assert.Contains("refuses", house.Charger.UnmetLimit);
        await house.StartAsync();
        Assert.InRange(device.InForceKw, 7, 7.4);
        Assert.Equal(7.4, house.Charger.State.AppliedCapKw);
        Assert.Contains("running transaction alone", house.Charger.UnmetLimit);
        await house.StopAsync();
        Assert.Null(house.Charger.State.AppliedCapKw);
    }

    [Fact]
    public async Task A_charger_that_replaces_nothing_is_cleared_first()
    {
        CapHouse house = await HouseAsync(new LimitingChargePoint(_clock) { WantsClearing = true }, 11);
        await house.CapAsync(7.4);
        await house.AdvanceAsync(60);
        Assert.Contains("ClearChargingProfile", house.Device.Actions);
        Assert.Equal(10.7, house.Device.Own!.Limit);
        await house.CapAsync(11);
        await house.AdvanceAsync(15);
        Assert.Equal(15.9, house.Device.Own!.Limit);
    }

    [Fact]
    public async Task A_cap_that_is_not_in_force_is_never_shown_as_if_it_were()
    {
        CapHouse house = await HouseAsync(Device(), 11);
        Assert.Null(house.Charger.UnmetLimit);
        await house.DisconnectAsync();
        await house.CapAsync(7.4);
        Assert.Equal("the charge point is not connected", house.Charger.UnmetLimit);
        house.Device.Mood = Mood.Silent;
        await house.ConnectAsync();
        Assert.NotNull(house.Charger.UnmetLimit);
        house.Device.Mood = Mood.Obeys;
        await house.AdvanceAsync(400);
        Assert.Null(house.Charger.UnmetLimit);
        Assert.InRange(house.Device.InForceKw, 7, 7.4);
    }
}
