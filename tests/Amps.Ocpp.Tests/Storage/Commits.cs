using System.Diagnostics.Metrics;
using Amps.Ocpp.Storage;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>Counts commits and writes of one store.</summary>
internal sealed class Commits : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _count;
    private long _writes;

    public Commits(StoreFixture store)
    {
        IMeterFactory meters = store.Meters;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == StorageMetrics.MeterName && ReferenceEquals(instrument.Meter.Scope, meters))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            if (instrument.Name == "amps.storage.commits")
                Interlocked.Add(ref _count, value);
            else if (instrument.Name == "amps.storage.writes")
                Interlocked.Add(ref _writes, value);
        });
        _listener.Start();
    }

    public long Count => Interlocked.Read(ref _count);

    public long Writes => Interlocked.Read(ref _writes);

    public void Dispose() => _listener.Dispose();
}
