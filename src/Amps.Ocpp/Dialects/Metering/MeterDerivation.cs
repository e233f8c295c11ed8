using Amps.Ocpp.Model;

namespace Amps.Ocpp.Dialects.Metering;

/// <summary>
/// From sampled values to kW, A, V, kWh (charger behaviour, section 6; quirks Q84 to Q93): all values of one time belong together, the
/// newest time of each measurand counts, phases are added up where a total is missing, and nothing is invented.
/// </summary>
internal static class MeterDerivation
{
    private const double HighestPlausibleKw = 1000;
    private static readonly TimeSpan s_shortestDelta = TimeSpan.FromSeconds(5);

    /// <summary>A register that stands still for so long tells that nothing flows; before that it may be too coarse to move.</summary>
    private static readonly TimeSpan s_standstill = TimeSpan.FromSeconds(60);

    /// <summary>The mean over a longer time says nothing of now.</summary>
    private static readonly TimeSpan s_longestDelta = TimeSpan.FromMinutes(30);

    /// <summary>The sample; null when nothing of it could be understood.</summary>
    /// <param name="values">As they came, in any order.</param>
    /// <param name="before">The sample known so far, for the energy difference.</param>
    /// <param name="nominalVoltage">V, where a voltage is needed and none was told.</param>
    /// <param name="phases">Phases of the installation; null = unknown.</param>
    /// <param name="clockBehind">How far the charge point's clock is behind; its times are corrected by it.</param>
    public static MeterSample? Derive(
        IReadOnlyList<MeterValue> values, MeterSample? before, double nominalVoltage, int? phases = null, TimeSpan clockBehind = default)
    {
        var context = new Context(before, nominalVoltage, phases);
        MeterBuckets buckets = new();
        // The usual message has one measurement, so there is nothing to put in order.
        if (values is [{ } only])
            return buckets.AddAll(only.SampledValue) ? context.Sample(buckets, ChargerClock.Correct(ChargerTime.Read(only.Timestamp), clockBehind)) : null;
        MeterSample? sample = null;
        foreach (IGrouping<DateTimeOffset?, MeterValue> bucket in values.GroupBy(value => ChargerClock.Correct(ChargerTime.Read(value.Timestamp), clockBehind)).OrderBy(group => group.Key ?? DateTimeOffset.MinValue))
        {
            buckets = new MeterBuckets();
            bool any = false;
            foreach (MeterValue value in bucket)
                any |= buckets.AddAll(value.SampledValue);
            if (any)
                sample = context.Sample(buckets, bucket.Key).Over(sample);
        }
        return sample;
    }

    /// <summary>What is known beside the values themselves.</summary>
    private readonly record struct Context(MeterSample? Before, double NominalVoltage, int? Phases)
    {
        public MeterSample Sample(in MeterBuckets buckets, DateTimeOffset? time)
        {
            double? energy = (buckets.Energy.Total ?? (buckets.Energy.HasPhase ? buckets.Energy.PhaseSum : null)) / 1000;
            double? volts = buckets.Voltage.MeanOfLive;
            (double? power, PowerSource source) = Power(buckets, volts, energy, time);
            return new MeterSample
            {
                Timestamp = time,
                PowerKw = power,
                PowerSource = source,
                PowerTimestamp = power is null ? null : time,
                CurrentA = buckets.Current.Largest,
                VoltageV = volts is > 0 ? volts : null,
                OfferedCurrentA = buckets.OfferedCurrent.Largest,
                OfferedPowerKw = buckets.OfferedPower.Total / 1000,
                EnergyImportKwh = energy,
                EnergyTimestamp = energy is null ? null : time,
                StateOfChargePercent = buckets.StateOfCharge.Total is >= 0 and <= 100 and { } percent ? percent : null,
            };
        }

        private (double? Kw, PowerSource Source) Power(in MeterBuckets buckets, double? volts, double? energyKwh, DateTimeOffset? time)
        {
            if (Told(buckets.Power) is { } import && (import.Watts > 0 || Told(buckets.Export) is not { Watts: > 0 }))
                return (import.Watts / 1000, import.Source);
            if (Told(buckets.Export) is { Watts: > 0 } export)
                return (-export.Watts / 1000, export.Source);
            double voltage = volts is > 0 ? volts.Value : Before?.VoltageV ?? NominalVoltage;
            if (buckets.Current.HasPhase)
                return (buckets.Current.Times(buckets.Voltage, voltage) / 1000, PowerSource.CurrentTimesVoltage);
            // A current without a phase is that of the only phase, or nobody knows of which.
            if (Phases == 1 && buckets.Current.Total is { } amperes)
                return (amperes * voltage / 1000, PowerSource.CurrentTimesVoltage);
            return EnergyDelta(energyKwh, time) is { } mean ? (mean, PowerSource.EnergyDelta) : (null, PowerSource.None);
        }

        private static (double Watts, PowerSource Source)? Told(in MeterBucket bucket) =>
            bucket.Total is { } total ? (total, PowerSource.Measured)
            : bucket.HasPhase ? (bucket.PhaseSum, PowerSource.PhaseSum) : null;

        /// <summary>Mean power since the register moved last; null while the charger's own word is still fresh, or nothing can be said.</summary>
        private double? EnergyDelta(double? energyKwh, DateTimeOffset? time)
        {
            if (Before is not { EnergyImportKwh: { } knownKwh } before || energyKwh is not { } kwh || time is not { } now)
                return null;
            bool told = before.PowerSource is PowerSource.Measured or PowerSource.PhaseSum or PowerSource.CurrentTimesVoltage;
            if (told && now - before.PowerTimestamp <= MeterSample.PowerValidFor)
                return null;
            if ((before.EnergyTimestamp ?? before.Timestamp) is not { } since || now - since is var passed && (passed < s_shortestDelta || passed > s_longestDelta))
                return null;
            if (kwh == knownKwh)
                return passed >= s_standstill ? 0 : null;
            double kw = (kwh - knownKwh) / passed.TotalHours;
            return kw is > 0 and <= HighestPlausibleKw ? kw : null;
        }
    }
}
