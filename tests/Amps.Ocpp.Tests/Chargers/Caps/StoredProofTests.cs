using Amps.Ocpp.Chargers;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Chargers.Caps;

/// <summary>What a charge point keeps counts where it does not show which limit is in force (charger behaviour, section 5, point 5).</summary>
public sealed class StoredProofTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly LimitingChargePoint _device;

    public StoredProofTests()
    {
        _device = new LimitingChargePoint(_clock) { ShowsSchedule = false };
        _device.Kept = Kept;
    }

    private async Task<CapHouse> HouseAsync()
    {
        var house = new CapHouse(_clock, _device, phases: 3);
        await house.ConnectAsync();
        await house.CapAsync(7.4);
        return house;
    }

    private StoredLimit Kept(bool ofTransaction) => new((ofTransaction ? _device.Running : _device.Own) is { } profile
        ? profile.Unit == "A" ? new LimitReading(profile.Limit, null, null) : new LimitReading(null, profile.Limit, null)
        : null);

    private int OwnWrites => _device.Writes.Count(write => write.Profile.Purpose == "TxDefaultProfile");

    [Fact]
    public async Task A_limit_that_is_kept_as_it_was_written_is_verified_by_that_until_something_says_more()
    {
        CapHouse house = await HouseAsync();
        Assert.Equal("storedProfile", house.Charger.CapVerifiedBy);
        await house.StartAsync();
        Assert.Equal("storedProfile", house.Charger.CapVerifiedBy);
        await house.MeterAsync(powerKw: 7.3);
        Assert.Equal("measured", house.Charger.CapVerifiedBy);
        Assert.Equal(1, OwnWrites);
    }

    [Fact]
    public async Task A_limit_in_force_says_more_than_one_that_is_kept()
    {
        _device.ShowsSchedule = true;
        Assert.Equal("compositeSchedule", (await HouseAsync()).Charger.CapVerifiedBy);
    }

    [Fact]
    public async Task Whoever_keeps_it_over_a_reboot_is_not_written_to_again()
    {
        CapHouse house = await HouseAsync();
        await house.AdvanceAsync(60);
        await house.DisconnectAsync();
        _device.Reboot();
        await house.ConnectAsync();
        Assert.Equal(1, OwnWrites);
        Assert.Equal("storedProfile", house.Charger.CapVerifiedBy);
    }

    [Theory]
    [InlineData(32.0)]
    [InlineData(null)]
    public async Task Another_limit_than_the_accepted_one_or_none_is_a_drift_and_written_again(double? kept)
    {
        _device.Kept = _ => new StoredLimit(kept is null ? null : new LimitReading(kept, null, null));
        CapHouse house = await HouseAsync();
        await house.AdvanceAsync(5);
        Assert.Contains("capDrifted", house.Notices);
        Assert.Contains("keeps another limit, or none", house.Charger.UnmetLimit);
        Assert.Null(house.Charger.CapVerifiedBy);
        _device.Kept = Kept;
        await house.AdvanceAsync(60);
        Assert.Equal(2, OwnWrites);
        Assert.Null(house.Charger.UnmetLimit);
        Assert.Equal("storedProfile", house.Charger.CapVerifiedBy);
    }

    [Fact]
    public async Task Whoever_keeps_nothing_of_what_was_written_twice_does_not_tell_what_it_keeps()
    {
        _device.Kept = _ => new StoredLimit(null);
        CapHouse house = await HouseAsync();
        await house.AdvanceAsync(1200);
        Assert.Equal(2, OwnWrites);
        Assert.Null(house.Charger.UnmetLimit);
        Assert.Null(house.Charger.CapVerifiedBy);
    }

    [Fact]
    public async Task Whoever_does_not_answer_is_unverified_and_not_failed()
    {
        int asked = 0;
        _device.Kept = _ =>
        {
            asked++;
            return null;
        };
        CapHouse house = await HouseAsync();
        await house.StartAsync();
        await house.StopAsync();
        await house.StartAsync();
        Assert.Equal(2, asked);
        Assert.Null(house.Charger.UnmetLimit);
        Assert.Null(house.Charger.CapVerifiedBy);
        Assert.Equal(1, OwnWrites);
    }

    [Fact]
    public async Task A_limit_that_went_with_a_transaction_is_put_back_where_the_charge_point_tells_so()
    {
        CapHouse house = await HouseAsync();
        await house.AdvanceAsync(60);
        await house.StartAsync();
        _device.Forget();
        await house.StopAsync();
        Assert.Equal(2, OwnWrites);
        Assert.Equal("storedProfile", house.Charger.CapVerifiedBy);
    }
}
