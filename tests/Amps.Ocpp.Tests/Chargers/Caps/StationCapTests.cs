using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Chargers.Caps;

/// <summary>The caps of all connectors as a limit of the charge point as a whole, only where that is wanted (charger behaviour, section 5, point 1).</summary>
public sealed class StationCapTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly LimitingChargePoint _device;

    public StationCapTests() => _device = new LimitingChargePoint(_clock);

    private async Task<CapHouse> HouseAsync(bool? on = true)
    {
        var house = new CapHouse(_clock, _device, phases: 3);
        await house.ConfigureAsync(configuration => configuration with { StationMaxProfile = on });
        await house.ConnectAsync();
        await house.CapAsync(7.4);
        return house;
    }

    private double[] Written() => [.. _device.Writes.Where(write => write.Profile.Purpose == "ChargePointMaxProfile").Select(write => write.Profile.Limit)];

    [Fact]
    public async Task It_is_not_written_unless_it_is_wanted()
    {
        await HouseAsync(on: null);
        Assert.Empty(Written());
    }

    [Fact]
    public async Task It_is_written_once_besides_the_others_again_on_a_difference_and_cleared_when_it_is_not_wanted_any_more()
    {
        CapHouse house = await HouseAsync();
        Assert.Equal([10.7], Written());
        Assert.Equal((0, "Absolute"), (_device.Whole!.ConnectorId, _device.Whole.Kind));
        Assert.Equal(10.7, _device.Own!.Limit);
        await house.CapAsync(5);
        await house.CapAsync(11);
        Assert.Equal([10.7], Written());
        await house.AdvanceAsync(15);
        Assert.Equal([10.7, 15.9], Written());
        await house.DisconnectAsync();
        await house.ConnectAsync();
        Assert.Equal(2, Written().Length);
        Assert.Equal(11, house.ChargePoint.Learned.StationLimitKw);

        await house.AdvanceAsync(15);
        await house.ConfigureAsync(configuration => configuration with { StationMaxProfile = false });
        await house.AdvanceAsync(15);
        Assert.Null(_device.Whole);
        Assert.Null(house.ChargePoint.Learned.StationLimitKw);
        Assert.Equal(15.9, _device.Own!.Limit);
    }

    [Fact]
    public async Task A_refusal_is_told_is_no_fault_of_the_cap_and_is_not_tried_again_on_this_link()
    {
        _device.Takes = profile => profile.Purpose != "ChargePointMaxProfile";
        CapHouse house = await HouseAsync();
        int tries = Written().Length;
        Assert.Contains("Rejected", house.ChargePoint.StationLimitRefused);
        Assert.Contains("stationLimitRefused", house.Notices);
        Assert.Null(house.Charger.UnmetLimit);
        await house.CapAsync(9);
        await house.AdvanceAsync(60);
        Assert.Equal(tries, Written().Length);
        _device.Takes = _ => true;
        await house.DisconnectAsync();
        await house.ConnectAsync();
        Assert.Equal(13, _device.Whole?.Limit);
        Assert.Null(house.ChargePoint.StationLimitRefused);
    }
}
