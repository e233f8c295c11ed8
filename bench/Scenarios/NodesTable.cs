using System.Globalization;
using Amps.Ocpp.Bench.Measuring;

namespace Amps.Ocpp.Bench.Scenarios;

/// <summary>Units by name, each the median of its rounds, as a Markdown table.</summary>
internal sealed class NodesTable
{
    private readonly List<string> _order = [];
    private readonly Dictionary<string, List<double[]>> _units = new(StringComparer.Ordinal);

    public void Add(string what, double[] unit)
    {
        if (!_units.TryGetValue(what, out List<double[]>? rounds))
        {
            _order.Add(what);
            _units[what] = rounds = [];
        }
        rounds.Add(unit);
        Console.Error.WriteLine(Row(what, unit));
    }

    public void Write(TextWriter output)
    {
        output.WriteLine($"| one | {ClusterUnits.Columns} |");
        output.WriteLine($"|---|{ClusterUnits.Rule}|");
        foreach (string what in _order)
            output.WriteLine(Row(what, [.. Enumerable.Range(0, ClusterUnits.Shown).Select(column => new Series(_units[what].Select(round => round[column])).Median)]));
    }

    private static string Row(string what, double[] unit) => $"| {what} | {string.Join(" | ", unit.Take(ClusterUnits.Shown).Select(Text))} |";

    private static string Text(double value) => value.ToString(Math.Abs(value) switch { >= 100 => "#,0", >= 10 => "0.0", _ => "0.00" }, CultureInfo.InvariantCulture);
}
