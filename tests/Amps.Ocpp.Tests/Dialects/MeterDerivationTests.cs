using Amps.Ocpp.Dialects.Metering;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>From sampled values to kW, A, V, kWh (charger behaviour, section 6; quirks Q84 to Q93; faults P20).</summary>
public sealed class MeterDerivationTests
{
    private const string T0 = "2026-01-01T00:00:00Z";
    private const string T1 = "2026-01-01T00:01:00Z";

    private static SampledValue Value(string value, string? measurand, string? unit = null, string? phase = null, string? format = null) =>
        new(value, null, format, measurand, phase, null, unit);

    private static MeterSample? Derive(MeterSample? before, params (string Time, SampledValue[] Values)[] buckets) =>
        MeterDerivation.Derive([.. buckets.Select(bucket => new MeterValue(bucket.Time, bucket.Values))], before, nominalVoltage: 230);

    private static MeterSample One(params SampledValue[] values) => Derive(null, (T0, values))!;

    [Fact]
    public void A_told_total_comes_before_its_phases()
    {
        MeterSample sample = One(Value("7360", "Power.Active.Import", "W"), Value("1", "Power.Active.Import", "W", "L1"));
        Assert.Equal((7.36, PowerSource.Measured), (sample.PowerKw, sample.PowerSource));
    }

    [Theory]
    [InlineData("L1", "L2", "L3")]
    [InlineData("L1-N", "L2-N", "L3-N")]
    public void Without_a_total_the_phases_are_added_and_neutral_is_in_no_sum(string one, string two, string three)
    {
        MeterSample sample = One(
            Value("1000", "Power.Active.Import", "W", one),
            Value("1500", "Power.Active.Import", "W", two),
            Value("0.5", "Power.Active.Import", "kW", three),
            Value("99", "Power.Active.Import", "kW", "N"),
            Value("99", "Power.Active.Import", "kW", "L1-L2"));
        Assert.Equal((3.0, PowerSource.PhaseSum), (sample.PowerKw, sample.PowerSource));
    }

    [Fact]
    public void Without_power_the_phase_currents_times_voltage_count()
    {
        MeterSample sample = One(
            Value("10", "Current.Import", "A", "L1"),
            Value("8000", "Current.Import", "mA", "L2"),
            Value("6", "Current.Import", null, "L3"),
            Value("0.5", "Current.Import", "A", "N"),
            Value("240", "Voltage", "V", "L1-N"),
            Value("0.22", "Voltage", "kV", "L2-N"));
        Assert.Equal(230, sample.VoltageV);
        Assert.Equal((5.54, PowerSource.CurrentTimesVoltage), (Math.Round(sample.PowerKw!.Value, 6), sample.PowerSource));
        Assert.Equal(10, sample.CurrentA);
    }

    [Fact]
    public void Without_a_voltage_the_nominal_one_counts_and_is_not_told_as_measured()
    {
        MeterSample sample = One(Value("10", "Current.Import", "A", "L1"));
        Assert.Equal((2.3, null), (sample.PowerKw, sample.VoltageV));
    }

    [Fact]
    public void A_current_without_a_phase_tells_no_power()
    {
        MeterSample sample = One(Value("10", "Current.Import", "A"));
        Assert.Equal((null, PowerSource.None, 10.0), (sample.PowerKw, sample.PowerSource, sample.CurrentA));
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    [InlineData(60, true)]
    public void Without_anything_else_the_energy_difference_tells_the_mean_power(int seconds, bool told)
    {
        DateTimeOffset now = DateTimeOffset.Parse(T0, System.Globalization.CultureInfo.InvariantCulture);
        var before = new MeterSample { EnergyImportKwh = 100, Timestamp = now.AddSeconds(-seconds) };
        MeterSample sample = Derive(before, (T0, [Value("100010", null, "Wh")]))!;
        Assert.Equal(told ? Math.Round(0.01 * 3600 / seconds, 6) : (double?)null, sample.PowerKw is { } kw ? Math.Round(kw, 6) : null);
        Assert.Equal(100.01, sample.EnergyImportKwh);
    }

    [Fact]
    public void A_register_that_went_back_tells_no_power()
    {
        var before = new MeterSample { EnergyImportKwh = 100, Timestamp = DateTimeOffset.UnixEpoch };
        Assert.Null(Derive(before, (T0, [Value("5000", "Energy.Active.Import.Register", "Wh")]))!.PowerKw);
    }

    [Fact]
    public void A_value_without_measurand_and_unit_is_the_energy_register_in_watt_hours() =>
        Assert.Equal(12.345, One(Value("12345", null)).EnergyImportKwh);

    [Fact]
    public void Units_are_normalised()
    {
        MeterSample sample = One(
            Value("12.345", "Energy.Active.Import.Register", "kWh"),
            Value("32", "Current.Offered", "A"),
            Value("22", "Power.Offered", "kW"),
            Value("81", "SoC", "Percent"));
        Assert.Equal((12.345, 32.0, 22.0, 81.0), (sample.EnergyImportKwh, sample.OfferedCurrentA, sample.OfferedPowerKw, sample.StateOfChargePercent));
    }

    [Fact]
    public void Import_told_as_negative_is_import_all_the_same() =>
        Assert.Equal(7, One(Value("-7000", "Power.Active.Import", "W")).PowerKw);

    [Theory]
    [Trait("row", "P20")]
    [InlineData("abc")]
    [InlineData("1,234")]
    [InlineData("1.234,5")]
    [InlineData("1,2,3")]
    [InlineData("")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1e400")]
    public void What_is_no_number_is_left_out_and_the_rest_counts(string broken)
    {
        Assert.Null(Derive(null, (T0, [Value(broken, "Power.Active.Import", "W")])));
        MeterSample sample = One(Value(broken, "Power.Active.Import", "W"), Value("230.1", "Voltage", "V"));
        Assert.Equal((null, 230.1), (sample.PowerKw, sample.VoltageV));
    }

    [Fact]
    [Trait("row", "P20")]
    public void Exponents_and_blanks_are_read_and_signed_data_is_not()
    {
        Assert.Equal(1, One(Value(" 1e3 ", "Power.Active.Import", "W")).PowerKw);
        Assert.Null(Derive(null, (T0, [Value("7000", "Power.Active.Import", "W", format: "SignedData")])));
    }

    [Fact]
    public void The_newest_bucket_of_each_measurand_counts_whatever_their_order()
    {
        MeterSample sample = Derive(
            null,
            (T1, [Value("2000", "Power.Active.Import", "W")]),
            (T0, [Value("1000", "Power.Active.Import", "W"), Value("50", "SoC", "Percent")]))!;
        Assert.Equal((2.0, 50.0), (sample.PowerKw, sample.StateOfChargePercent));
        Assert.Equal(DateTimeOffset.Parse(T1, System.Globalization.CultureInfo.InvariantCulture), sample.Timestamp);
    }
}
