namespace Amps.Ocpp.Bench.Measuring;

/// <summary>Rows of a Markdown table, shown as soon as they are known.</summary>
internal sealed class ResultTable
{
    private readonly List<string> _rows = [];

    public void Add(string what, Series ours, Series reference, Series ratio, string goal = "–") =>
        Add($"| {what} | {ours} | {reference} | {ratio} | {goal} |");

    /// <summary>Figures whose ratio says nothing, e.g. where the reference is zero.</summary>
    public void AddApart(string what, Series ours, Series reference, string goal = "–") =>
        Add($"| {what} | {ours} | {reference} | – | {goal} |");

    /// <summary>A figure that has no counterpart.</summary>
    public void Add(string what, Series ours) => Add($"| {what} | {ours} | – | – | – |");

    public void Write(TextWriter output)
    {
        output.WriteLine("| what | ours: median (min–max) | reference | ratio | goal |");
        output.WriteLine("|---|---|---|---|---|");
        foreach (string row in _rows)
            output.WriteLine(row);
    }

    private void Add(string row)
    {
        _rows.Add(row);
        Console.Error.WriteLine(row);
    }
}
