using System.Globalization;
using System.Runtime.InteropServices;

namespace Amps.Ocpp.Dialects.Metering;

/// <summary>The sampled values of one time, sorted by measurand; numbers in W, Wh, A, V, percent.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct MeterBuckets()
{
    /// <summary>OCPP 1.6 section 7.28: a value that names no measurand is this one.</summary>
    private const string DefaultMeasurand = "Energy.Active.Import.Register";

    public MeterBucket Power = new();
    public MeterBucket Export = new();
    public MeterBucket Current = new();
    public MeterBucket Voltage = new();
    public MeterBucket Energy = new();
    public MeterBucket OfferedCurrent = new();
    public MeterBucket OfferedPower = new();
    public MeterBucket StateOfCharge = new();
    private MeterBucket _other = new();

    /// <summary>Takes what can be understood; true when that was anything.</summary>
    public bool AddAll(SampledValue[]? values)
    {
        bool any = false;
        foreach (ref readonly SampledValue value in values.AsSpan())
            any |= TryAdd(value);
        return any;
    }

    private bool TryAdd(in SampledValue value)
    {
        if (value.Format == "SignedData" || !TryRead(value.Value, out double number))
            return false;
        int phase = PhaseOf(value.Phase);
        if (phase == OutsideAggregates)
            return false;
        number *= Scale(value.Unit);
        if (value.Multiplier != 0)
            number *= Math.Pow(10, value.Multiplier);
        string measurand = value.Measurand ?? DefaultMeasurand;
        // Some count import as negative: the sign of a measurand that names its direction says nothing.
        if (measurand is "Power.Active.Import" or "Power.Active.Export" or "Current.Import")
            number = Math.Abs(number);
        Of(ref this, measurand).Note(phase, number, RankOf(value));
        return true;
    }

    private static ref MeterBucket Of(ref MeterBuckets buckets, string measurand)
    {
        switch (measurand)
        {
            case "Power.Active.Import": return ref buckets.Power;
            case "Power.Active.Export": return ref buckets.Export;
            case "Current.Import": return ref buckets.Current;
            case "Voltage": return ref buckets.Voltage;
            case DefaultMeasurand: return ref buckets.Energy;
            case "Current.Offered" or "Current.Import.Offered": return ref buckets.OfferedCurrent;
            case "Power.Offered" or "Power.Import.Offered": return ref buckets.OfferedPower;
            case "SoC": return ref buckets.StateOfCharge;
            default: return ref buckets._other;
        }
    }

    private const int OutsideAggregates = -2;

    /// <summary>0 to 2 for a phase, -1 for a total; neutral and phase to phase are in no aggregate (quirk Q91).</summary>
    private static int PhaseOf(string? phase) => phase switch
    {
        null or "" => MeterBucket.WholePhase,
        "L1" or "L1-N" => 0,
        "L2" or "L2-N" => 1,
        "L3" or "L3-N" => 2,
        _ => OutsideAggregates,
    };

    /// <summary>
    /// Which of several values of one measurand and time counts, the lowest: the outlet is where the vehicle is (and the standard's
    /// default), the inlet has the losses too; a value from the begin of a transaction or interruption is older than its company.
    /// </summary>
    private static byte RankOf(in SampledValue value)
    {
        int location = value.Location switch
        {
            null or "" or "Outlet" => 0,
            "Inlet" => 1,
            _ => 2,
        };
        int context = value.Context is "Transaction.Begin" or "Interruption.Begin" or "Interruption.End" ? 1 : 0;
        return (byte)((location * 2) + context);
    }

    /// <summary>Factor to W, Wh, A, V, percent, by the prefix: <c>kW</c>, <c>KWH</c>, <c>mA</c>, a bare <c>k</c> (quirk Q85).</summary>
    private static double Scale(string? unit)
    {
        ReadOnlySpan<char> text = unit.AsSpan().Trim();
        if (text.IsEmpty)
            return 1;
        bool more = text.Length > 1;
        return text[0] switch
        {
            'k' => 1000,
            // K alone is Kelvin.
            'K' when more => 1000,
            'm' => 0.001,
            'M' when more => 1_000_000,
            _ => 1,
        };
    }

    /// <summary>A number, whatever is around it; what is no number is left out rather than taken as zero (quirk Q28).</summary>
    private static bool TryRead(string? text, out double number)
    {
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        if (double.TryParse(trimmed, NumberStyles.Float, CultureInfo.InvariantCulture, out number))
            return double.IsFinite(number);
        // A comma is a decimal point unless it could stand between thousands.
        int comma = trimmed.IndexOf(',');
        if (comma <= 0 || trimmed.Length - comma - 1 is 3 || trimmed.Length > 32 || trimmed.Contains('.') || trimmed[(comma + 1)..].Contains(','))
            return false;
        Span<char> point = stackalloc char[32];
        trimmed.CopyTo(point);
        point[comma] = '.';
        return double.TryParse(point[..trimmed.Length], NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
    }
}
