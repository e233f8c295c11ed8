using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Amps.Ocpp.Hosting.Metrics;

/// <summary>
/// Follows the meters of this service, of its web server and of the runtime, and keeps their newest values; the standard exporters do not come with
/// the packages this is built from. No series carries an identity, and their number is bounded (faults X6).
/// </summary>
internal sealed class MetricsReader : IDisposable
{
    private const int MaxSeries = 4000;

    /// <summary>Beginnings of the names of the meters that are told.</summary>
    internal static readonly string[] Meters = ["Amps.Ocpp", "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel"];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, InstrumentSeries> _instruments = new();
    private int _series;

    public MetricsReader()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Array.Exists(Meters, meter => instrument.Meter.Name.StartsWith(meter, StringComparison.Ordinal)))
                listener.EnableMeasurementEvents(instrument, _instruments.GetOrAdd(instrument, static made => new InstrumentSeries(made)));
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => Take(state, value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => Take(state, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => Take(state, value, tags));
        _listener.Start();
    }

    /// <summary>All instruments with their values; asks the observable ones first.</summary>
    public IReadOnlyList<InstrumentSeries> Read()
    {
        foreach (InstrumentSeries series in _instruments.Values)
            series.BeginObservation();
        _listener.RecordObservableInstruments();
        return [.. _instruments.Values.Where(series => !series.IsEmpty).OrderBy(series => series.Name, StringComparer.Ordinal)];
    }

    public void Dispose() => _listener.Dispose();

    private void Take(object? state, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = (InstrumentSeries)state!;
        if (!series.TryRecord(value, tags, mayGrow: Volatile.Read(ref _series) < MaxSeries, out bool grew))
            return;
        if (grew)
            Interlocked.Increment(ref _series);
    }
}
