using System.Globalization;
using System.Text;
using System.Text.Json;
using Amps.Ocpp.Dialects.Metering;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>
/// From the frames of a charge point to what an app reads (charger behaviour, section 6). Each case names its quirk; a frame is the
/// payload of a MeterValues, in the short form <c>seconds: measurand@phase=value unit (context) [location] {format}</c>.
/// </summary>
public sealed class MeterFrameTests
{
    private static readonly DateTimeOffset s_start = new(2026, 5, 8, 11, 30, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, string> s_measurands = new()
    {
        ["P"] = "Power.Active.Import",
        ["X"] = "Power.Active.Export",
        ["I"] = "Current.Import",
        ["U"] = "Voltage",
        ["E"] = "Energy.Active.Import.Register",
        ["IO"] = "Current.Offered",
        ["S"] = "SoC",
        ["T"] = "Temperature",
        ["R"] = "Power.Reactive.Import",
    };

    /// <summary>Quirk or row; frames, one a line; phases of the installation; kW and kWh as the snapshot shows them.</summary>
    public static TheoryData<string, string, int?, double?, double?> Cases { get; } = new()
    {
        { "Q84", "0: P=7360 W", null, 7.36, null },
        { "Q84", "0: P=7360 W P@L1=1 W P@L2=1 W", null, 7.36, null },
        { "Q84", "0: P@L1=2300 W P@L2=2290 W P@L3=2310 W", null, 6.9, null },
        { "Q84", "0: P@L1-N=2300 W P@L2-N=2290 W P@L3-N=2310 W", null, 6.9, null },
        { "Q84", "0: I@L1=10 A I@L2=10 A I@L3=10 A U@L1=240 V U@L2=230 V U@L3=220 V", null, 6.9, null },
        { "Q84", "0: I@L1=16 A I@L2=0 A I@L3=0 A U@L1=231 V U@L2=0 V U@L3=0 V", null, 3.696, null },
        { "Q84", "0: I@L1=10 A", null, 2.3, null },
        { "Q84", "0: I=10 A U=230 V", 1, 2.3, null },
        { "Q84", "0: I=10 A U=230 V", 3, null, null },
        { "Q84", "0: I=10 A U=230 V", null, null, null },
        { "Q84", "0: E=1000 Wh\n60: E=1100 Wh", null, 6, 1.1 },
        { "Q84", "0: E=1000 Wh\n2: E=1100 Wh", null, null, 1.1 },
        { "Q84", "0: E=1.0 kWh\n10: E=1.0 kWh\n20: E=1.0 kWh\n30: E=1.1 kWh", null, 12, 1.1 },
        { "Q84", "0: E=1000 Wh\n90: E=1000 Wh", null, 0, 1 },
        { "Q84", "0: E=1000 Wh\n7200: E=9000 Wh", null, null, 9 },
        { "Q84", "0: P=7000 W E=1000 Wh\n10: E=1100 Wh", null, 7, 1.1 },
        { "Q84", "0: P=7000 W E=1000 Wh\n310: E=1500 Wh", null, 5.806, 1.5 },
        { "Q84", "0: P=7000 W\n600: T=40 Celsius", null, null, null },
        { "Q85", "0: P=7.36 kW", null, 7.36, null },
        { "Q85", "0: P=7.36 KW", null, 7.36, null },
        { "Q85", "0: P=7.36 k", null, 7.36, null },
        { "Q85", "0: P=7360", null, 7.36, null },
        { "Q85", "0: P=7360 Wh", null, 7.36, null },
        { "Q85", "0: P=7360000 mW", null, 7.36, null },
        { "Q85", "0: P=7360000 m", null, 7.36, null },
        { "Q85", "0: P=0.00736 MW", null, 7.36, null },
        { "Q85", "0: E=12.345 kWh", null, null, 12.345 },
        { "Q85", "0: E=12345", null, null, 12.345 },
        { "Q85", "0: I@L1=10000 mA I@L2=10000 mA I@L3=10000 mA U@L1=230000 mV", null, 6.9, null },
        { "Q86", "0: P@L1=2000 W; 0: P@L2=2000 W; 0: P@L3=2000 W", null, 6, null },
        { "Q86", "0: P=6000 W P@L3=2000 W", null, 6, null },
        { "Q90", "0: I=16 A I@L1=8 A I@L2=8 A I@L3=8 A U@L1=230 V", null, 5.52, null },
        { "Q91", "0: I@L1=10 A I@N=1 A U@L1=230 V U@N=0 V", null, 2.3, null },
        { "Q91", "0: P@L1=1000 W P@N=5 W P@L1-L2=99 W", null, 1, null },
        { "Q91", "0: I@L1=10 A U@L1-L2=400 V", null, 2.3, null },
        { "Q93", "60: P=3000 W; 0: P=7000 W", null, 3, null },
        { "Q93", "60: P=3000 W\n0: P=7000 W E=5000 Wh", null, 3, 5 },
        { "Q93", "60: P=3000 W\n60: P=2000 W", null, 2, null },
        { "Q89", "0: E=9000 Wh\n60: E=0 Wh\n120: E=100 Wh", null, 6, 0.1 },
        { "Q89", "0: E=100 Wh\n60: E=9000000 Wh", null, null, 9000 },
        { "Q28", "0: P=  07360.00   W", null, 7.36, null },
        { "Q28", "0: P=+7360 W", null, 7.36, null },
        { "Q28", "0: P= W E=1000 Wh", null, null, 1 },
        { "P20", "0: P=7,36 kW", null, 7.36, null },
        { "P20", "0: P=7,360 kW", null, null, null },
        { "P20", "0: P=1e3 W", null, 1, null },
        { "P20", "0: P=NaN W", null, null, null },
        { "P20", "0: P=7360 W {SignedData} P=3000 W", null, 3, null },
        { "P20", "0: P=off W E=5 kWh", null, null, 5 },
        { "signs", "0: P=-7360 W", null, 7.36, null },
        { "signs", "0: I@L1=-10 A U@L1=230 V", null, 2.3, null },
        { "signs", "0: P=0 W X=5000 W", null, -5, null },
        { "signs", "0: X=5000 W", null, -5, null },
        { "signs", "0: X@L1=-1000 W X@L2=-1000 W", null, -2, null },
        { "signs", "0: P=7000 W X=0 W", null, 7, null },
        { "signs", "0: X=0 W I@L1=10 A", null, 2.3, null },
        { "location", "0: P=7100 W [Inlet] P=7000 W [Outlet] P=6900 W [EV]", null, 7, null },
        { "location", "0: P=7100 W [Inlet]", null, 7.1, null },
        { "context", "0: E=1000 Wh (Transaction.Begin) E=2000 Wh (Sample.Periodic)", null, null, 2 },
        { "context", "0: P=7000 W (Trigger)", null, 7, null },
        { "others", "0: R=700 var", null, null, null },
    };

    [Theory]
    [Trait("row", "P20")]
    [Trait("quirk", "Q28")]
    [Trait("quirk", "Q84")]
    [Trait("quirk", "Q85")]
    [Trait("quirk", "Q86")]
    [Trait("quirk", "Q89")]
    [Trait("quirk", "Q90")]
    [Trait("quirk", "Q91")]
    [Trait("quirk", "Q93")]
    [MemberData(nameof(Cases))]
    public void A_frame_becomes_what_an_app_reads(string quirk, string frames, int? phases, double? kilowatts, double? kilowattHours)
    {
        ChargerState state = Charging();
        foreach (string frame in frames.Split('\n'))
            state = Tell(state, frame, phases);
        ChargerSnapshot snapshot = state.ToSnapshot("node");
        Assert.True((kilowatts, kilowattHours) == (snapshot.CurrentPower, snapshot.EnergyRegister), $"{quirk}: {snapshot.CurrentPower} kW, {snapshot.EnergyRegister} kWh");
    }

    [Fact]
    [Trait("quirk", "Q87")]
    public void Where_no_transaction_runs_there_is_no_power_and_before_any_measurement_none_is_known()
    {
        ChargerState idle = Fold(new ChargerState { DeviceId = new DeviceId("dev1") }, Status(ConnectorStatus.Preparing));
        Assert.Equal(0, idle.ToSnapshot("n").CurrentPower);
        Assert.Null(Charging().ToSnapshot("n").CurrentPower);
        Assert.Null(Charging().ToSnapshot("n").EnergyRegister);
    }

    [Fact]
    [Trait("quirk", "Q42")]
    [Trait("quirk", "Q88")]
    public void Closing_values_do_not_revive_a_dead_transaction_and_its_register_counts()
    {
        ChargerState state = Tell(Charging(), "0: P=7000 W E=1000 Wh", null);
        state = Fold(state, new TransactionClosed(At(30), "1", ByService: false, 1.05));
        state = Tell(state, "30: P=7000 W E=1060 Wh (Transaction.End)", null, "1");
        Assert.Equal((0.0, 1.06, false), (state.PowerKw, state.Meter!.EnergyImportKwh, state.IsCharging));
        Assert.Null(state.Transaction);
    }

    [Theory]
    [Trait("quirk", "Q88")]
    [InlineData(ConnectorStatus.SuspendedEVSE)]
    [InlineData(ConnectorStatus.SuspendedEV)]
    public void What_was_measured_before_it_was_suspended_is_not_shown_after(ConnectorStatus suspended)
    {
        ChargerState state = Tell(Charging(), "0: P=7000 W", null);
        state = Fold(state, new StatusReported(At(20), suspended, null));
        Assert.Equal((0.0, ChargerStatus.Paused), (state.PowerKw, state.Status));
        state = Tell(state, "10: P=7000 W E=1000 Wh", null);
        Assert.Equal((0.0, ChargerStatus.Paused), (state.PowerKw, state.Status));
        // Once it resumes nobody has measured yet.
        state = Fold(state, new StatusReported(At(40), ConnectorStatus.Charging, null));
        Assert.Equal((null, true), (state.PowerKw, state.IsCharging));
    }

    [Fact]
    [Trait("quirk", "Q54")]
    public void A_charger_that_delivers_while_it_says_suspended_is_charging()
    {
        ChargerState state = Fold(Charging(), new StatusReported(At(0), ConnectorStatus.SuspendedEVSE, null));
        state = Tell(state, "30: P=7000 W", null);
        Assert.Equal((7.0, true, ChargerStatus.Charging), (state.PowerKw, state.IsCharging, state.Status));
    }

    [Fact]
    [Trait("quirk", "Q45")]
    public void A_charger_that_delivers_while_it_says_available_is_charging_and_connected()
    {
        ChargerState state = Tell(Charging(), "0: P=7000 W", null);
        state = Fold(state, new StatusReported(At(10), ConnectorStatus.Available, null));
        Assert.Equal((ChargerStatus.Available, false), (state.Status, state.ToSnapshot("n").IsConnected));
        state = Tell(state, "30: P=7000 W", null);
        Assert.Equal((ChargerStatus.Charging, true), (state.Status, state.ToSnapshot("n").IsConnected));
    }

    [Fact]
    public void A_clock_that_is_far_ahead_does_not_freeze_what_is_shown()
    {
        ChargerState state = Tell(Charging(), "99999999: P=7000 W", null);
        Assert.Equal(3, Tell(state, "10: P=3000 W", null).PowerKw);
    }

    [Theory]
    [Trait("row", "P6")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59Z")]
    public void The_ends_of_the_calendar_are_times_as_any_other(string time)
    {
        foreach (int days in (int[])[-36_000, 0, 36_000])
        {
            MeterSample sample = MeterDerivation.Derive(
                [new MeterValue(time, [new SampledValue("7000", null, null, "Power.Active.Import", null, null, "W")])], null, 230, null, TimeSpan.FromDays(days))!;
            ChargerState state = Fold(Charging(), Status(ConnectorStatus.Finishing), new MeterReported(s_start, sample), new MeterReported(s_start, sample));
            Assert.Equal(ConnectorStatus.Finishing, state.Reported);
        }
    }

    private static DateTimeOffset At(double seconds) => s_start.AddSeconds(seconds);

    private static StatusReported Status(ConnectorStatus status) => new(s_start, status, null);

    private static ChargerState Fold(ChargerState state, params ChargerEvent[] facts) => facts.Aggregate(state, (current, fact) => current.Apply(fact));

    private static ChargerState Charging() => Fold(
        new ChargerState { DeviceId = new DeviceId("dev1") },
        Status(ConnectorStatus.Preparing),
        new TransactionOpened(s_start, new OpenTransaction("1", "CARD", s_start)),
        Status(ConnectorStatus.Charging));

    private static ChargerState Tell(ChargerState state, string frame, int? phases, string? transaction = null)
    {
        MeterValues values = MeterValuesReader.Read(Payload(frame));
        MeterSample? sample = MeterDerivation.Derive(values.MeterValue, state.Meter, 230, phases);
        double seconds = double.Parse(frame.Split(':')[0], CultureInfo.InvariantCulture);
        return sample is null ? state : state.Apply(new MeterReported(At(Math.Min(seconds, 10_000)), sample, transaction));
    }

    private static byte[] Payload(string frame) => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new
    {
        connectorId = 1,
        meterValue = frame.Split("; ").Select(bucket => new
        {
            timestamp = At(double.Parse(bucket.Split(':')[0], CultureInfo.InvariantCulture)).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            sampledValue = Values(bucket[(bucket.IndexOf(':') + 2)..]),
        }),
    }));

    private static IEnumerable<Dictionary<string, string>> Values(string text)
    {
        foreach (System.Text.RegularExpressions.Match match in System.Text.RegularExpressions.Regex.Matches(
            text, @"(?<m>[A-Z]+)(@(?<p>[\w-]+))?=(?<v>\s*[^\s\[\(\{]*)(\s+(?<u>(?![A-Z]+[@=])\w+))?(\s+\((?<c>[^)]+)\))?(\s+\[(?<l>\w+)\])?(\s+\{(?<f>\w+)\})?"))
        {
            var value = new Dictionary<string, string> { ["measurand"] = s_measurands[match.Groups["m"].Value], ["value"] = match.Groups["v"].Value };
            foreach ((string name, string group) in new[] { ("phase", "p"), ("unit", "u"), ("context", "c"), ("location", "l"), ("format", "f") })
            {
                if (match.Groups[group].Success)
                    value[name] = match.Groups[group].Value;
            }
            yield return value;
        }
    }
}
