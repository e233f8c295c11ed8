using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Amps.Ocpp.Storage;

/// <summary>Figures of the meter <c>Amps.Ocpp.Storage</c>.</summary>
internal sealed class StorageMetrics
{
    public const string MeterName = "Amps.Ocpp.Storage";

    private readonly Counter<long> _commits;
    private readonly Counter<long> _writes;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _forgotten;
    private readonly Histogram<int> _batch;
    private readonly Histogram<double> _commitDuration;
    private readonly Histogram<double> _writeDuration;

    public StorageMetrics(IMeterFactory factory)
    {
        Meter meter = factory.Create(MeterName);
        _commits = meter.CreateCounter<long>("amps.storage.commits", description: "Commits that reached the disk.");
        _writes = meter.CreateCounter<long>("amps.storage.writes", description: "Writes that those commits carried.");
        _failures = meter.CreateCounter<long>("amps.storage.failures", description: "Writes that ended as unavailable.");
        _forgotten = meter.CreateCounter<long>("amps.storage.retention.deleted", description: "Rows deleted because they ended long ago, by kind.");
        _batch = meter.CreateHistogram<int>("amps.storage.batch.size", description: "Writes per commit.");
        _commitDuration = meter.CreateHistogram<double>("amps.storage.commit.duration", "s", "Begin to end of one commit.");
        _writeDuration = meter.CreateHistogram<double>("amps.storage.write.duration", "s", "A write from its request to the disk.");
    }

    public bool MeasuresWrites => _writeDuration.Enabled;

    public void Committed(int writes, TimeSpan elapsed)
    {
        _commits.Add(1);
        _writes.Add(writes);
        _batch.Record(writes);
        _commitDuration.Record(elapsed.TotalSeconds);
    }

    public void Written(long requestedAt) => _writeDuration.Record(Stopwatch.GetElapsedTime(requestedAt).TotalSeconds);

    public void Forgot(string kind, int rows) => _forgotten.Add(rows, new KeyValuePair<string, object?>("kind", kind));

    public void Failed(int writes) => _failures.Add(writes);
}
