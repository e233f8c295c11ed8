using System.Globalization;

namespace Amps.Ocpp.Bench.Measuring;

/// <summary>Figures of the rounds of one quantity.</summary>
internal sealed class Series(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    public double Median => _sorted.Length % 2 == 1
        ? _sorted[_sorted.Length / 2]
        : (_sorted[(_sorted.Length / 2) - 1] + _sorted[_sorted.Length / 2]) / 2;

    public double Min => _sorted[0];

    public double Max => _sorted[^1];

    /// <summary>The ratios of two series, round by round.</summary>
    public static Series Ratio(IEnumerable<double> ours, IEnumerable<double> reference) => new(ours.Zip(reference, (a, b) => a / b));

    public override string ToString() => $"{Text(Median)} ({Text(Min)}–{Text(Max)})";

    private static string Text(double value) => value.ToString(
        value switch
        {
            >= 1000 => "#,0",
            >= 100 => "0",
            >= 10 => "0.0",
            _ => "0.00",
        },
        CultureInfo.InvariantCulture);
}
