using System.Globalization;
using Amps.Ocpp.Bench.Measuring;

namespace Amps.Ocpp.Bench.Scenarios;

/// <summary>Computes the tables of docs/sizing.md from the units of two nodes that bench/README.md shows.</summary>
internal static class SizingScenario
{
    /// <summary>What a charge point does in an hour of the evening's peak, by the name of the measured unit.</summary>
    private static readonly (string Unit, double AnHour, string Why)[] s_peak =
    [
        ("Heartbeat", 12, "each 300 s"),
        ("MeterValues of 1 KB", 36, "each 60 s while charging, 60 % of them charge"),
        ("StatusNotification that changes the status", 3.75, "five a transaction"),
        ("transaction: its start and its end", 0.75, "six a day in the mean, three times as many in the peak"),
        ("push of idle, at the other node", 2, "three a transaction, at any node"),
        ("read from the cache, at the other node", 60, "one a minute, at any node"),
    ];

    private const string Still = "second in which nothing is said, 1000 links a node";
    /// <summary>Behind a unit that was not measured with two nodes.</summary>
    private const char NotMeasured = '¹';

    private const int LinksMeasured = 1000;
    private const double Hour = 3600;

    /// <summary>Of the peak's events so many happen in the day's mean, for what is summed over days.</summary>
    private const double MeanOfPeak = 0.4;

    /// <summary>After each checkpoint (15 min) each page of states is logged whole once, compressed to half: 1 KB of page a charger.</summary>
    private const double WholePagesAnHour = 4 * 512;

    public static Task RunAsync(BenchOptions options, ResultTable table)
    {
        Dictionary<string, double[]> units = Read();
        Console.WriteLine("| a charge point, each hour of the peak | times | own node, ms | each further node, ms | broker, ms | PostgreSQL, ms | messages in | messages out with 2 nodes | rows | log, KB |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        double[] sum = new double[ClusterUnits.Shown];
        foreach ((string unit, double times, string why) in s_peak)
            Write($"{unit}: {why}", times, [.. units[unit].Select(one => one * times)], request: unit.EndsWith("at the other node", StringComparison.Ordinal));
        Write("being linked: pings and timers", Hour, [.. units[Still].Select((one, column) => column is 0 or 1 ? one / LinksMeasured * Hour : 0)], furtherNode: false);
        Write("**all**", 0, [.. sum], add: false);
        Console.WriteLine();
        Console.WriteLine("| | 10,000 | 100,000 | 1,000,000 in one cluster | 1,000,000 in ten cells, each |");
        Console.WriteLine("|---|---|---|---|---|");
        Size[] sizes = [new(10_000, 2), new(100_000, 3), new(1_000_000, 16), new(100_000, 3)];
        Row("nodes", size => size.Nodes);
        Row("links at a node, one away", size => (double)size.Links / Math.Max(1, size.Nodes - 1));
        Row("processors used by all nodes, own links", size => size.Links * sum[0] / Hour / 1e6);
        Row("processors used by all nodes, states of the others", size => size.Links * (size.Nodes - 1) * sum[1] / Hour / 1e6);
        Row("states that each node takes in, a second", size => size.Links * sum[5] / 2 / Hour);
        // The broker counts as received only what comes with QoS 0; states come with QoS 1, and each goes out to both nodes.
        Row("broker: messages in a second", size => size.Links * (sum[4] + (sum[5] / 2)) / Hour);
        Row("broker: messages out a second", size => size.Links * sum[5] / 2 * size.Nodes / Hour);
        Row("broker: share of its one thread", size => size.Links * Broker(size.Nodes) / Hour / 1e6);
        Row("broker: MB out a second", size => size.Links * sum[7] / 2 * size.Nodes / Hour / 1e6);
        Row("PostgreSQL: rows a second", size => size.Links * sum[9] / Hour);
        Row("PostgreSQL: processors used", size => size.Links * sum[3] / Hour / 1e6);
        Row("PostgreSQL: log, MB a second", size => size.Links * (sum[10] + WholePagesAnHour) / Hour / 1e6);
        Row("PostgreSQL: log, GB a day in the mean", size => size.Links * ((sum[10] * MeanOfPeak) + WholePagesAnHour) * 24 / 1e9);
        double[] back = units["return: handshake, password, boot, status, sample"];
        Row("storm: core-seconds of the nodes for all to return", size => size.Links * back[0] / 1e6);
        Row("storm: seconds of the broker's thread", size => size.Links * back[2] / 1e6);
        Row("storm: core-seconds of PostgreSQL", size => size.Links * back[3] / 1e6);
        Row("storm: rows", size => size.Links * back[9]);
        return Task.CompletedTask;

        double Broker(int nodes) => sum[2] * (sum[4] + (sum[5] / 2 * nodes)) / (sum[4] + sum[5]);

        void Row(string what, Func<Size, double> figure) => Console.WriteLine($"| {what} | {string.Join(" | ", sizes.Select(size => Text(figure(size))))} |");

        void Write(string what, double times, double[] figures, bool add = true, bool furtherNode = true, bool request = false)
        {
            // What a request costs two nodes, it costs once.
            if (request)
                (figures[0], figures[1]) = (figures[0] + figures[1], 0);
            if (!furtherNode)
                figures[1] = 0;
            for (int i = 0; add && i < figures.Length; i++)
                sum[i] += Math.Max(0, figures[i]);
            string[] shown = [.. ((double[])[figures[0] / 1000, figures[1] / 1000, figures[2] / 1000, figures[3] / 1000, figures[4], figures[5], figures[9], figures[10] / 1024]).Select(Text)];
            Console.WriteLine($"| {what} | {(times > 0 ? Text(times) : "")} | {string.Join(" | ", shown)} |");
        }
    }

    private sealed record Size(int Links, int Nodes);

    private static Dictionary<string, double[]> Read()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Amps.Ocpp.sln")))
            folder = Path.GetDirectoryName(folder);
        return File.ReadLines(Path.Combine(folder ?? throw new InvalidOperationException("Not inside the repository."), "bench", "README.md"))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells.Length == ClusterUnits.Shown + 3 && double.TryParse(cells[2], NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out _))
            .ToDictionary(
                cells => cells[1].TrimEnd(NotMeasured, ' '),
                cells => cells[2..^1].Select(cell => double.Parse(cell, NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture)).ToArray(),
                StringComparer.Ordinal);
    }

    private static string Text(double value) => value.ToString(Math.Abs(value) switch { >= 100 => "#,0", >= 10 => "0.0", _ => "0.00" }, CultureInfo.InvariantCulture);
}
