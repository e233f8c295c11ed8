using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Amps.Ocpp.Hosting.Metrics;

/// <summary>What an instrument is in the Prometheus text format.</summary>
internal enum SeriesKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>One instrument and its values, one for each set of labels.</summary>
internal sealed class InstrumentSeries
{
    private static readonly double[] s_defaultBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private readonly ConcurrentDictionary<string, Value> _values = new(StringComparer.Ordinal);
    private readonly bool _observable;

    /// <summary>One value; a histogram also counts by its bounds.</summary>
    public sealed class Value(int bounds)
    {
        public readonly Lock Gate = new();
        public readonly long[] Buckets = new long[bounds];
        public double Number;
        public long Count;
    }

    public InstrumentSeries(Instrument instrument)
    {
        Type type = instrument.GetType().GetGenericTypeDefinition();
        Kind = type == typeof(Histogram<>) ? SeriesKind.Histogram
            : type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? SeriesKind.Counter
            : SeriesKind.Gauge;
        _observable = instrument.IsObservable;
        Name = NameOf(instrument, Kind);
        Help = instrument.Description;
        Bounds = Kind != SeriesKind.Histogram ? [] : instrument switch
        {
            Histogram<double> { Advice.HistogramBucketBoundaries: { } told } => [.. told],
            Histogram<long> { Advice.HistogramBucketBoundaries: { } told } => [.. told.Select(bound => (double)bound)],
            _ => s_defaultBounds,
        };
    }

    public string Name { get; }

    public string? Help { get; }

    public SeriesKind Kind { get; }

    public double[] Bounds { get; }

    public bool IsEmpty => _values.IsEmpty;

    /// <summary>Values by their labels, written as Prometheus wants them, without braces.</summary>
    public IEnumerable<KeyValuePair<string, Value>> Values => _values.OrderBy(value => value.Key, StringComparer.Ordinal);

    /// <summary>Observed values are told anew each time: what is not told any more is gone.</summary>
    public void BeginObservation()
    {
        if (_observable)
            _values.Clear();
    }

    /// <summary>Takes a measurement; false when it would need a new series and none may be added.</summary>
    public bool TryRecord(double measured, ReadOnlySpan<KeyValuePair<string, object?>> tags, bool mayGrow, out bool grew)
    {
        string labels = LabelsOf(tags);
        grew = false;
        if (!_values.TryGetValue(labels, out Value? value))
        {
            if (!mayGrow)
                return false;
            value = _values.GetOrAdd(labels, static (_, bounds) => new Value(bounds), Bounds.Length);
            grew = !_observable;
        }
        lock (value.Gate)
        {
            value.Count++;
            value.Number = _observable ? measured : value.Number + measured;
            for (int i = 0; i < Bounds.Length; i++)
            {
                if (measured <= Bounds[i])
                    value.Buckets[i]++;
            }
        }
        return true;
    }

    private static string NameOf(Instrument instrument, SeriesKind kind)
    {
        var name = new StringBuilder(instrument.Name.Length + 12);
        foreach (char c in instrument.Name)
            name.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        string? unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "ms" => "_milliseconds",
            "By" => "_bytes",
            _ => null,
        };
        if (unit is not null)
            name.Append(unit);
        if (kind == SeriesKind.Counter)
            name.Append("_total");
        return name.ToString();
    }

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
            return "";
        var labels = new StringBuilder();
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            if (labels.Length > 0)
                labels.Append(',');
            foreach (char c in tag.Key)
                labels.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
            string value = Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "";
            labels.Append("=\"").Append(value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('"');
        }
        return labels.ToString();
    }
}
