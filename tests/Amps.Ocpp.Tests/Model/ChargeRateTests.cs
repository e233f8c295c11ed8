using Amps.Ocpp.Model;
using FsCheck;
using FsCheck.Fluent;

namespace Amps.Ocpp.Tests.Model;

/// <summary>Arithmetic of the cap (charger behaviour, section 5).</summary>
public sealed class ChargeRateTests
{
    [Theory]
    [InlineData(7.4, 3, 230, null, 10.7)]
    [InlineData(7.4, 1, 230, null, 32.1)]
    [InlineData(11, 3, 230, null, 15.9)]
    [InlineData(22.08, 3, 230, null, 32)]
    [InlineData(3.68, 1, 230, null, 16)]
    [InlineData(7.4, null, 230, null, 10.7)]
    [InlineData(7.4, 3, 230, 240.0, 10.2)]
    [InlineData(7.4, 3, 230, 220.0, 10.7)]
    [InlineData(0, 3, 230, null, 0)]
    public void A_cap_in_amperes_is_rounded_down_and_counts_the_higher_voltage(double kw, int? phases, double nominal, double? measured, double amperes) =>
        Assert.Equal(amperes, ChargeRate.ToAmperes(kw, phases, nominal, measured));

    [Theory]
    [InlineData(4.13, 3, true)]
    [InlineData(4.14, 3, false)]
    [InlineData(1.38, 1, false)]
    [InlineData(1.37, 1, true)]
    [InlineData(0, 3, false)]
    public void Six_amperes_are_the_least_that_can_be_signalled(double kw, int phases, bool below) =>
        Assert.Equal(below, ChargeRate.IsBelowMinimum(kw, phases, 230, null));

    [Fact]
    public void No_cap_is_ever_exceeded_and_no_more_than_a_tenth_is_given_away() => Prop.ForAll<uint, bool, byte>((tenthsOfWatt, three, voltage) =>
    {
        double kilowatts = tenthsOfWatt % 10_000_000 / 10_000.0;
        double measured = 180 + (voltage % 80);
        int phases = three ? 3 : 1;
        double amperes = ChargeRate.ToAmperes(kilowatts, phases, 230, measured);
        double drawn = amperes * measured * phases / 1000;
        double meant = amperes * Math.Max(230, measured) * phases / 1000;
        return drawn <= kilowatts + 1e-6
            && ChargeRate.ToWatts(kilowatts) / 1000 <= kilowatts + 1e-8
            && kilowatts - meant <= 0.1 * Math.Max(230, measured) * phases / 1000 + 1e-9;
    }).QuickCheckThrowOnFailure();
}
