using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Chargers.Caps;

/// <summary>Limits that another system left are cleared where the operator wants it (quirk Q74).</summary>
public sealed class ForeignLimitTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly LimitingChargePoint _device;

    public ForeignLimitTests() => _device = new LimitingChargePoint(_clock);

    private async Task<CapHouse> HouseAsync(bool clear)
    {
        var house = new CapHouse(_clock, _device, phases: 3);
        await house.ConfigureAsync(configuration => configuration with { ClearForeignProfiles = clear });
        await house.ConnectAsync();
        await house.CapAsync(7.4);
        return house;
    }

    [Fact]
    public async Task Nothing_is_cleared_unless_the_operator_wants_it_and_he_is_told_how()
    {
        _device.Foreign["TxDefaultProfile"] = 32;
        CapHouse house = await HouseAsync(clear: false);
        await house.StartAsync();
        await house.AdvanceAsync(5);
        Assert.DoesNotContain("ClearChargingProfile", _device.Actions);
        Assert.Contains("clearForeignProfiles", house.Charger.UnmetLimit);
    }

    [Fact]
    public async Task A_limit_of_zero_left_for_the_charge_point_goes_when_it_is_taken_over_and_only_then()
    {
        _device.Foreign["ChargePointMaxProfile"] = 0;
        _device.Foreign["TxDefaultProfile"] = 0;
        CapHouse house = await HouseAsync(clear: true);
        Assert.Empty(_device.Foreign);
        Assert.Contains("foreignLimitsCleared", house.Notices);
        Assert.InRange(_device.InForceKw, 7, 7.4);
        int cleared = Cleared();
        await house.AdvanceAsync(60);
        await house.DisconnectAsync();
        await house.ConnectAsync();
        Assert.Equal(cleared, Cleared());
        Assert.Equal(7.4, house.Charger.State.AppliedCapKw);
    }

    [Fact]
    public async Task It_is_cleared_on_a_link_in_use_and_ours_is_put_back()
    {
        CapHouse house = await HouseAsync(clear: false);
        await house.StartAsync();
        await house.AdvanceAsync(60);
        _device.Foreign["ChargePointMaxProfile"] = 0;
        await house.ConfigureAsync(configuration => configuration with { ClearForeignProfiles = true });
        await house.AdvanceAsync(15);
        Assert.Empty(_device.Foreign);
        Assert.InRange(_device.InForceKw, 7, 7.4);
        Assert.NotNull(_device.Own);
        Assert.NotNull(_device.Running);
    }

    [Fact]
    public async Task A_higher_limit_that_is_shown_above_ours_is_cleared_once_a_link_and_ours_is_written_again()
    {
        CapHouse house = await HouseAsync(clear: true);
        await house.AdvanceAsync(60);
        _device.Foreign["TxDefaultProfile"] = 32;
        await house.StartAsync();
        await house.AdvanceAsync(15);
        Assert.Empty(_device.Foreign);
        Assert.InRange(_device.InForceKw, 7, 7.4);
        Assert.Null(house.Charger.UnmetLimit);
        Assert.Contains("foreignLimitsCleared", house.Notices);
        int cleared = Cleared();
        _device.Foreign["TxDefaultProfile"] = 32;
        await house.StopAsync();
        await house.StartAsync();
        await house.AdvanceAsync(5);
        Assert.Equal(cleared, Cleared());
        Assert.NotNull(house.Charger.UnmetLimit);
    }

    private int Cleared() => _device.Actions.Count(action => action == "ClearChargingProfile");
}
