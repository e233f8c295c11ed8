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

    private sealed class Bucket
    {
        public double? Total;
        public readonly double?[] Phases = new double?[3];
        public bool HasPhase => Phases[0] is not null || Phases[1] is not null || Phases[2] is not null;
        public double PhaseSum => Phases.Sum(phase => phase ?? 0);
        public double? Largest => HasPhase ? Phases.Max() : Total;
    }

    /// <summary>The sample; null when nothing of it could be understood.</summary>
    /// <param name="values">As they came, in any order.</param>
    /// <param name="before">The sample known so far, for the energy difference.</param>
    /// <param name="nominalVoltage">V, where a voltage is needed and none was told.</param>
    public static MeterSample? Derive(IReadOnlyList<MeterValue> values, MeterSample? before, double nominalVoltage)
    {
        MeterSample? sample = null;
        foreach ((DateTimeOffset? time, MeterValue value) in values.Select(value => (ChargerTime.Read(value.Timestamp), value)).OrderBy(entry => entry.Item1 ?? DateTimeOffset.MinValue))
        {
            if (DeriveOne(value.SampledValue ?? [], time, before, nominalVoltage) is { } newer)
                sample = Merge(sample, newer);
        }
        return sample;
    }

    private static MeterSample? DeriveOne(SampledValue[] values, DateTimeOffset? time, MeterSample? before, double nominalVoltage)
    {
        var buckets = new Dictionary<string, Bucket>(StringComparer.Ordinal);
        foreach (SampledValue value in values)
            Add(buckets, value);
        if (buckets.Count == 0)
            return null;
        Bucket? current = buckets.GetValueOrDefault(Current);
        Bucket? voltage = buckets.GetValueOrDefault(Voltage);
        double? energy = buckets.GetValueOrDefault(Energy) is { } register ? register.Total ?? (register.HasPhase ? register.PhaseSum : null) : null;
        double? volts = voltage is null ? null : voltage.HasPhase ? voltage.Phases.Where(phase => phase > 0).Select(phase => phase!.Value).DefaultIfEmpty(0).Average() : voltage.Total;
        (double? power, PowerSource source) = PowerOf(buckets.GetValueOrDefault(Power), current, volts ?? before?.VoltageV ?? nominalVoltage, energy, time, before);
        return new MeterSample
        {
            Timestamp = time,
            PowerKw = power,
            PowerSource = source,
            CurrentA = current?.Largest,
            VoltageV = volts is > 0 ? volts : null,
            OfferedCurrentA = buckets.GetValueOrDefault("Current.Offered")?.Largest,
            OfferedPowerKw = buckets.GetValueOrDefault("Power.Offered")?.Total / 1000,
            EnergyImportKwh = energy / 1000,
            StateOfChargePercent = buckets.GetValueOrDefault("SoC")?.Total,
        };
    }

    private static (double? Kw, PowerSource Source) PowerOf(
        Bucket? power, Bucket? current, double volts, double? energyWh, DateTimeOffset? time, MeterSample? before)
    {
        if (power?.Total is { } total)
            return (total / 1000, PowerSource.Measured);
        if (power is { HasPhase: true })
            return (power.PhaseSum / 1000, PowerSource.PhaseSum);
        if (current is { HasPhase: true })
            return (current.PhaseSum * volts / 1000, PowerSource.CurrentTimesVoltage);
        if (energyWh / 1000 - before?.EnergyImportKwh is { } kwh and >= 0 && time - before?.Timestamp is { } passed && passed >= ShortestDelta)
            return (kwh / passed.TotalHours, PowerSource.EnergyDelta);
        return (null, PowerSource.None);
    }

    private static void Add(Dictionary<string, Bucket> buckets, SampledValue value)
    {
        if (value.Format == "SignedData" || !TryRead(value.Value, out double number))
            return;
        string measurand = value.Measurand ?? Energy;
        number *= Scale(value.Unit);
        // Some count import as negative export.
        if (measurand is Power or Current)
            number = Math.Abs(number);
        int phase = PhaseOf(value.Phase);
        if (phase == -2)
            return;
        if (!buckets.TryGetValue(measurand, out Bucket? bucket))
            buckets[measurand] = bucket = new Bucket();
        if (phase < 0)
            bucket.Total = number;
        else
            bucket.Phases[phase] ??= number;
    }

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

    private static MeterSample Merge(MeterSample? older, MeterSample newer) => older is null ? newer : newer with
    {
        PowerKw = newer.PowerKw ?? older.PowerKw,
        CurrentA = newer.CurrentA ?? older.CurrentA,
        VoltageV = newer.VoltageV ?? older.VoltageV,
        OfferedCurrentA = newer.OfferedCurrentA ?? older.OfferedCurrentA,
        OfferedPowerKw = newer.OfferedPowerKw ?? older.OfferedPowerKw,
        EnergyImportKwh = newer.EnergyImportKwh ?? older.EnergyImportKwh,
        StateOfChargePercent = newer.StateOfChargePercent ?? older.StateOfChargePercent,
    };
}
