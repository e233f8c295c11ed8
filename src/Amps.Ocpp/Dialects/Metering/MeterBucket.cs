using System.Runtime.InteropServices;

namespace Amps.Ocpp.Dialects.Metering;

/// <summary>What one measurand told at one time: its total and its phases; NaN = not told.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct MeterBucket()
{
    /// <summary>The phase of a value that is about all of them.</summary>
    public const int WholePhase = -1;

    private double _total = double.NaN;
    private double _l1 = double.NaN;
    private double _l2 = double.NaN;
    private double _l3 = double.NaN;
    private byte _totalRank;
    private byte _rank1;
    private byte _rank2;
    private byte _rank3;

    public readonly double? Total => double.IsNaN(_total) ? null : _total;

    public readonly bool HasPhase => !double.IsNaN(_l1) || !double.IsNaN(_l2) || !double.IsNaN(_l3);

    public readonly double PhaseSum => OrZero(_l1) + OrZero(_l2) + OrZero(_l3);

    /// <summary>Phases come before a total, which some freeze (quirk Q90).</summary>
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

    /// <summary>Sum of the phases' products with those of another measurand; where that one is silent or zero, with <paramref name="otherwise"/>.</summary>
    public readonly double Times(in MeterBucket other, double otherwise) =>
        (OrZero(_l1) * (other._l1 > 0 ? other._l1 : otherwise))
        + (OrZero(_l2) * (other._l2 > 0 ? other._l2 : otherwise))
        + (OrZero(_l3) * (other._l3 > 0 ? other._l3 : otherwise));

    /// <summary>Notes the value of a phase, 0 to 2, or of all; of several the one of the lowest rank counts, and the first of these.</summary>
    public void Note(int phase, double number, byte rank)
    {
        switch (phase)
        {
            case 0:
                Keep(ref _l1, ref _rank1, number, rank);
                break;
            case 1:
                Keep(ref _l2, ref _rank2, number, rank);
                break;
            case 2:
                Keep(ref _l3, ref _rank3, number, rank);
                break;
            default:
                Keep(ref _total, ref _totalRank, number, rank);
                break;
        }
    }

    private static void Keep(ref double kept, ref byte keptRank, double number, byte rank)
    {
        if (!double.IsNaN(kept) && keptRank <= rank)
            return;
        kept = number;
        keptRank = rank;
    }

    private static double OrZero(double value) => double.IsNaN(value) ? 0 : value;
}
