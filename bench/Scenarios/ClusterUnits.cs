using System.Diagnostics;

namespace Amps.Ocpp.Bench.Scenarios;

/// <summary>What was used, column by column, at a moment or between two.</summary>
internal sealed record ClusterUnits(double[] Sums, long At)
{
    public const string Columns = "node that holds the links, CPU µs | other node, CPU µs | broker, CPU µs | PostgreSQL, CPU µs | messages in | messages out | bytes in | bytes out | commits | rows | log, bytes";

    public const string Rule = "---|---|---|---|---|---|---|---|---|---|---";

    /// <summary>The last sum, transactions of any kind, is shown only for the standing cost.</summary>
    public const int Shown = 11;

    /// <summary>What was used from <paramref name="before"/> to now.</summary>
    public double[] Since(ClusterUnits before) => [.. Sums.Zip(before.Sums, static (now, then) => now - then)];

    public double SecondsSince(ClusterUnits before) => Stopwatch.GetElapsedTime(before.At, At).TotalSeconds;
}
