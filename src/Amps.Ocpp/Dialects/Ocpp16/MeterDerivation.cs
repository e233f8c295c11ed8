using System.Globalization;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>
/// From sampled values to kW, A, V, kWh (charger behaviour, section 6; quirks Q84 to Q93): the newest bucket of each measurand counts,
/// phases are added up where a total is missing, and nothing is invented.
/// </summary>
internal static class MeterDerivation
{
    private const string Power = "Power.Active.Import";
    private const string Current = "Current.Import";
    private const string Voltage = "Voltage";
    private const string Energy = "Energy.Active.Import.Register";
    private static readonly TimeSpan ShortestDelta = TimeSpan.FromSeconds(5);

    private const int PowerBucket = 0;
    private const int CurrentBucket = 1;
    private const int VoltageBucket = 2;
    private const int EnergyBucket = 3;
    private const int OfferedCurrentBucket = 4;
    private const int OfferedPowerBucket = 5;
    private const int SoCBucket = 6;
    private const int OtherBucket = 7;

    /// <summary>What one measurand told: its total and its phases; NaN = not told.</summary>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
    private struct Bucket()
    {
        public double TotalOrNaN = double.NaN;
        private double _l1 = double.NaN;
        private double _l2 = double.NaN;
        private double _l3 = double.NaN;

        public readonly double? Total => double.IsNaN(TotalOrNaN) ? null : TotalOrNaN;

        public readonly bool HasPhase => !double.IsNaN(_l1) || !double.IsNaN(_l2) || !double.IsNaN(_l3);

        public readonly double PhaseSum => OrZero(_l1) + OrZero(_l2) + OrZero(_l3);

        public readonly double? Largest => HasPhase ? double.MaxNumber(_l1, double.MaxNumber(_l2, _l3)) : Total;

        /// <summary>Mean of the phases that are above zero, else 0; without any phase the total.</summary>
        public readonly double? MeanOfLive
        {
            get
            {
                if (!HasPhase)
                    return Total;
                int live = (_l1 > 0 ? 1 : 0) + (_l2 > 0 ? 1 : 0) + (_l3 > 0 ? 1 : 0);
                return live == 0 ? 0 : ((_l1 > 0 ? _l1 : 0) + (_l2 > 0 ? _l2 : 0) + (_l3 > 0 ? _l3 : 0)) / live;
            }
        }

        /// <summary>Notes a phase, 0 to 2; the first one told counts.</summary>
        public void Note(int phase, double number)
        {
            ref double kept = ref _l1;
            if (phase == 1)
                kept = ref _l2;
            else if (phase == 2)
                kept = ref _l3;
            if (double.IsNaN(kept))
                kept = number;
        }

        private static double OrZero(double value) => double.IsNaN(value) ? 0 : value;
    }

    /// <summary>The sample; null when nothing of it could be understood.</summary>
    /// <param name="values">As they came, in any order.</param>
    /// <param name="before">The sample known so far, for the energy difference.</param>
    /// <param name="nominalVoltage">V, where a voltage is needed and none was told.</param>
    public static MeterSample? Derive(IReadOnlyList<MeterValue> values, MeterSample? before, double nominalVoltage)
    {
        // The usual message has one measurement, so there is nothing to put in order.
        if (values is [{ } only])
            return DeriveOne(only.SampledValue ?? [], ChargerTime.Read(only.Timestamp), before, nominalVoltage);
        MeterSample? sample = null;
        foreach ((DateTimeOffset? time, MeterValue value) in values.Select(value => (ChargerTime.Read(value.Timestamp), value)).OrderBy(entry => entry.Item1 ?? DateTimeOffset.MinValue))
        {
            if (DeriveOne(value.SampledValue ?? [], time, before, nominalVoltage) is { } newer)
                sample = newer.Over(sample);
        }
        return sample;
    }

    private static MeterSample? DeriveOne(SampledValue[] values, DateTimeOffset? time, MeterSample? before, double nominalVoltage)
    {
        Span<Bucket> buckets = stackalloc Bucket[OtherBucket + 1];
        buckets.Fill(new Bucket());
        bool any = false;
        foreach (SampledValue value in values)
            any |= TryAdd(buckets, value);
        if (!any)
            return null;
        ref readonly Bucket register = ref buckets[EnergyBucket];
        double? energy = register.Total ?? (register.HasPhase ? register.PhaseSum : null);
        double? volts = buckets[VoltageBucket].MeanOfLive;
        (double? power, PowerSource source) = PowerOf(buckets[PowerBucket], buckets[CurrentBucket], volts ?? before?.VoltageV ?? nominalVoltage, energy, time, before);
        return new MeterSample
        {
            Timestamp = time,
            PowerKw = power,
            PowerSource = source,
            CurrentA = buckets[CurrentBucket].Largest,
            VoltageV = volts is > 0 ? volts : null,
            OfferedCurrentA = buckets[OfferedCurrentBucket].Largest,
            OfferedPowerKw = buckets[OfferedPowerBucket].Total / 1000,
            EnergyImportKwh = energy / 1000,
            StateOfChargePercent = buckets[SoCBucket].Total,
        };
    }

    private static (double? Kw, PowerSource Source) PowerOf(
        in Bucket power, in Bucket current, double volts, double? energyWh, DateTimeOffset? time, MeterSample? before)
    {
        if (power.Total is { } total)
            return (total / 1000, PowerSource.Measured);
        if (power.HasPhase)
            return (power.PhaseSum / 1000, PowerSource.PhaseSum);
        if (current.HasPhase)
            return (current.PhaseSum * volts / 1000, PowerSource.CurrentTimesVoltage);
        if (energyWh / 1000 - before?.EnergyImportKwh is { } kwh and >= 0 && time - before?.Timestamp is { } passed && passed >= ShortestDelta)
            return (kwh / passed.TotalHours, PowerSource.EnergyDelta);
        return (null, PowerSource.None);
    }

    private static bool TryAdd(Span<Bucket> buckets, in SampledValue value)
    {
        if (value.Format == "SignedData" || !TryRead(value.Value, out double number))
            return false;
        int bucket = BucketOf(value.Measurand ?? Energy);
        number *= Scale(value.Unit);
        // Some count import as negative export.
        if (bucket is PowerBucket or CurrentBucket)
            number = Math.Abs(number);
        int phase = PhaseOf(value.Phase);
        if (phase == -2)
            return false;
        if (phase < 0)
            buckets[bucket].TotalOrNaN = number;
        else
            buckets[bucket].Note(phase, number);
        return true;
    }

    private static int BucketOf(string measurand) => measurand switch
    {
        Power => PowerBucket,
        Current => CurrentBucket,
        Voltage => VoltageBucket,
        Energy => EnergyBucket,
        "Current.Offered" => OfferedCurrentBucket,
        "Power.Offered" => OfferedPowerBucket,
        "SoC" => SoCBucket,
        _ => OtherBucket,
    };

    /// <summary>0 to 2 for a phase, -1 for a total, -2 for what is in no aggregate: neutral and phase to phase (quirk Q91).</summary>
    private static int PhaseOf(string? phase) => phase switch
    {
        null => -1,
        "L1" or "L1-N" => 0,
        "L2" or "L2-N" => 1,
        "L3" or "L3-N" => 2,
        _ => -2,
    };

    /// <summary>Factor to W, Wh, A, V, percent.</summary>
    private static double Scale(string? unit) => unit switch
    {
        "kW" or "kWh" or "kA" or "kV" or "kvar" or "kVA" => 1000,
        "mA" or "mV" => 0.001,
        _ => 1,
    };

    /// <summary>A number as it should be: trimmed, with a point; anything else is no number rather than zero (quirk Q28).</summary>
    private static bool TryRead(string? text, out double number) =>
        double.TryParse(text.AsSpan().Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
}
