using System.Text;
using Amps.Ocpp.Model;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Chargers.Caps;

/// <summary>
/// The cap under any sequence of writes, refusals, silences, reboots, reconnects and transactions on charge points of many ways: no
/// limit that is sent lets more flow than the cap then desired, and a charge point that behaves ends with the newest cap.
/// </summary>
public sealed class CapPropertyTests(ITestOutputHelper output)
{
    private static readonly bool s_long = Environment.GetEnvironmentVariable("AMPS_LONG_TESTS") == "1";
    private static readonly int s_sequences = s_long ? 3_000 : 150;
    private const int Steps = 30;
    private static readonly double[] s_caps = [0, 1, 1.4, 2.3, 3.7, 4.13, 4.14, 5, 6.9, 7.4, 11, 16.5, 22, 43];

    [Fact]
    public async Task No_limit_exceeds_the_cap_and_the_newest_cap_is_in_force_at_the_end()
    {
        int first = Environment.GetEnvironmentVariable("AMPS_TEST_SEED") is { } given ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture) : s_long ? Environment.TickCount & 0xFFFFFF : 1;
        output.WriteLine($"First seed {first} (again: AMPS_TEST_SEED={first})");
        int late = 0;
        for (int seed = first; seed < first + s_sequences; seed++)
        {
            var run = new Sequence(seed);
            try
            {
                await run.RunAsync();
                late += run.Late;
            }
            catch (Exception e)
            {
                Assert.Fail($"Seed {seed}, {seed - first} passed: {e.Message}\n{string.Join('\n', run.Errors)}\n{run.Story}");
            }
        }
        // Only a thread that stood still for long makes one late; a service that went on with an old cap would do so each time.
        Assert.InRange(late, 0, s_sequences / 10);
    }

    private sealed class Sequence
    {
        private readonly Random _random;
        private readonly ManualTimeProvider _clock = new();
        private readonly LimitingChargePoint _device;
        private readonly CapHouse _house;
        private readonly string _way;
        private bool _online;
        private double? _cap;
        private double? _capBefore;
        private double _highestSinceMessage;
        private string? _violation;

        public Sequence(int seed)
        {
            _random = new Random(seed);
            int phases = _random.Next(2) == 0 ? 1 : 3;
            double voltage = Pick(210.0, 230, 230, 240);
            _device = new LimitingChargePoint(_clock)
            {
                Phases = phases,
                Voltage = voltage,
                SwitchesPhases = phases == 3 && _random.Next(4) == 0,
                ShowsSchedule = _random.Next(3) > 0,
                LosesAtReboot = _random.Next(2) == 0,
                LosesWithTransaction = false,
                WantsClearing = _random.Next(8) == 0,
            };
            (_way, _device.Takes) = Ways[_random.Next(Ways.Length)];
            if (_way == "takes all" && !_device.WantsClearing && _device.ShowsSchedule && _random.Next(2) == 0)
            {
                _way += ", heeds Relative only";
                _device.Heeds = profile => profile.Kind == "Relative";
            }
            // What is not told is taken as three phases and 230 V: voltages above that are told by the operator or by a sample.
            bool told = voltage > 230 || _random.Next(2) == 0;
            _house = new CapHouse(_clock, _device, _random.Next(2) == 0 ? phases : null, told ? voltage : null);
            _device.Arrived = profile =>
            {
                double flows = _device.Kilowatts(profile);
                double allowed = Math.Max(_cap ?? double.MinValue, _capBefore ?? double.MinValue);
                Note($"    {_clock.GetUtcNow():HH:mm:ss} {profile.Purpose} {profile.Kind} level {profile.StackLevel} on {profile.ConnectorId}: {profile.Limit} {profile.Unit} x {profile.Phases}, lets {flows:0.###} kW flow");
                // The voltage may have risen by 4 V while it was on its way, too.
                bool late = flows > allowed + 1e-6 && flows <= _highestSinceMessage * 1.02;
                Late += late ? 1 : 0;
                _highestSinceMessage = _cap ?? 0;
                if (!late && flows > allowed + 1e-6)
                    _violation ??= $"a limit lets {flows} kW flow where {allowed} kW were allowed";
            };
        }

        /// <summary>Messages that were on their way when a lower cap came: one each time at most.</summary>
        public int Late { get; private set; }

        public IEnumerable<string> Errors => _house.Log.Errors;

        public StringBuilder Story { get; } = new();

        private static (string, Func<WireProfile, bool>)[] Ways { get; } =
        [
            ("takes all", _ => true),
            ("takes all", _ => true),
            ("W only", profile => profile.Unit == "W"),
            ("A only", profile => profile.Unit == "A"),
            ("level 0 only", profile => profile.StackLevel == 0),
            ("Relative only", profile => profile.Kind == "Relative"),
            ("Absolute only", profile => profile.Kind == "Absolute"),
            ("connector 0 only", profile => profile.ConnectorId == 0 || profile.Purpose == "TxProfile"),
            ("no TxProfile", profile => profile.Purpose != "TxProfile"),
            ("whole amperes only", profile => profile.Limit == Math.Floor(profile.Limit)),
            ("Relative, level 0, W only", profile => profile is { Kind: "Relative", StackLevel: 0, Unit: "W" }),
        ];

        public async Task RunAsync()
        {
            Note($"{_way}; {_device.Phases} phases, {_device.Voltage} V, switches {_device.SwitchesPhases}, shows {_device.ShowsSchedule}, loses {_device.LosesAtReboot}, wants clearing {_device.WantsClearing}");
            for (int step = 0; step < Steps; step++)
            {
                await StepAsync();
                _capBefore = _cap;
                Check();
            }
            await EndAsync();
        }

        private async Task StepAsync()
        {
            switch (_random.Next(14))
            {
                case 0 or 1 or 2:
                    double kilowatts = Pick(s_caps);
                    Note($"cap {kilowatts}");
                    _cap = kilowatts;
                    _highestSinceMessage = Math.Max(_highestSinceMessage, kilowatts);
                    await _house.CapAsync(kilowatts);
                    break;
                case 3:
                    _device.Mood = Pick(Mood.Obeys, Mood.Refuses, Mood.Silent, Mood.Mute);
                    Note($"it {_device.Mood}");
                    break;
                case 4:
                    Note("reboot");
                    await _house.DisconnectAsync();
                    _device.Reboot();
                    await ConnectAsync(boot: true);
                    break;
                case 5:
                    Note(_online ? "link lost" : "link back");
                    if (_online)
                        await DisconnectAsync();
                    else
                        await ConnectAsync(boot: false);
                    break;
                case 6 when _online:
                    Note("boots on its link");
                    await _house.BootAgainAsync();
                    break;
                case 7 or 8 when _online:
                    await TurnAsync();
                    break;
                case 9 when _online && _house.Charger.State.Transaction is not null:
                    Note("suspends and resumes");
                    await _house.StatusAsync(ConnectorStatus.SuspendedEVSE);
                    await _house.StatusAsync(ConnectorStatus.Charging);
                    break;
                case 10 when _online:
                    await MeasureAsync();
                    break;
                case 11 when _online:
                    Note("phases told");
                    await _house.ConfigureAsync(configuration => configuration with { Phases = _device.Phases });
                    break;
                default:
                    double seconds = Pick(1.0, 5, 11, 35, 70, 400);
                    Note($"{seconds} s");
                    await _house.AdvanceAsync(seconds);
                    break;
            }
        }

        private async Task TurnAsync()
        {
            if (_house.Charger.State.Transaction is null)
            {
                Note("transaction starts");
                await _house.StartAsync();
            }
            else
            {
                Note("transaction ends");
                await _house.StopAsync();
            }
        }

        private async Task MeasureAsync()
        {
            double voltage = _random.Next(2) == 0 ? _device.Voltage : _device.Voltage + 4;
            Note($"{voltage} V");
            // Told before it counts: what was sent in the moment between is nobody's fault.
            await _house.MeterAsync(voltage: voltage);
            _device.Voltage = voltage;
        }

        private async Task ConnectAsync(bool boot)
        {
            _online = true;
            await _house.ConnectAsync(boot);
            // The transaction of before a reboot is over; the charge point says so.
            if (_device.Transaction is null && _house.Charger.State.Transaction is not null)
                await _house.StopAsync();
        }

        private async Task DisconnectAsync()
        {
            _online = false;
            await _house.DisconnectAsync();
        }

        private async Task EndAsync()
        {
            Note("behaves");
            _device.Mood = Mood.Obeys;
            if (!_online)
                await ConnectAsync(boot: true);
            if (_cap is null)
            {
                Assert.Empty(_device.Writes);
                return;
            }
            // What it left unanswered has to run out before it is looked at again.
            await _house.AdvanceAsync(300);
            for (int i = 0; i < 60 && !Holds(); i++)
            {
                await _house.AdvanceAsync(60);
                if (_house.Charger.State.Transaction is not null)
                    await _house.MeterAsync(powerKw: _device.InForceKw);
            }
            Check();
            Assert.True(Holds(), $"in force {_device.InForceKw} kW, own {_device.Own}, running {_device.Running}, cap {_cap}, unmet {_house.Charger.UnmetLimit}");
            // What holds is left alone.
            Note("holds");
            int calls = _device.Writes.Count;
            await _house.AdvanceAsync(700);
            Assert.Equal(calls, _device.Writes.Count);
            if (_house.Charger.State.Transaction is null)
                await _house.StartAsync();
            Check();
            if (_device.ShowsSchedule || _device.Heeds(_device.Own!))
            {
                await _house.AdvanceAsync(700);
                Assert.InRange(_device.InForceKw, 0, _cap.Value + 1e-6);
            }
        }

        /// <summary>The newest cap as closely as it can be told: a tenth of an ampere, or a whole one; nothing where that is below 6 A.</summary>
        private bool Holds()
        {
            if (_house.Charger.UnmetLimit is not null || _device.Own is not { } own)
                return false;
            if (_house.Charger.State.Transaction is not null && _device.InForceKw > _cap + 1e-6)
                return false;
            double flows = _device.Kilowatts(own);
            double least = Math.Min(_cap!.Value, LimitingChargePoint.RatedAmperes * _device.Voltage * _device.Phases / 1000);
            bool mayBeZero = _cap < 6.1 * 260 * 3 / 1000;
            // Phases that nobody told count as three, a higher voltage once measured stays.
            double phases = _house.Charger.State.Rating.Phases ?? 3;
            double lost = least - (least * _device.Phases / phases * Math.Min(1, _device.Voltage / 270)) + (1.1 * 270 * 3 / 1000);
            return flows <= _cap + 1e-6 && (flows >= least - lost || (mayBeZero && flows == 0));
        }

        private void Check()
        {
            if (_violation is { } violation)
                Assert.Fail(violation);
        }

        private void Note(FormattableString line)
        {
            lock (Story)
                Story.Append(FormattableString.Invariant(line)).Append('\n');
        }

        private void Note(string line)
        {
            lock (Story)
                Story.Append(line).Append('\n');
        }

        private T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];
    }
}
