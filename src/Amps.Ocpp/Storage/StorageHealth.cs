using System.Diagnostics;

namespace Amps.Ocpp.Storage;

/// <summary>Keeps and logs the turns between available and not.</summary>
internal sealed class StorageHealth(ILogger<StorageHealth> logger) : IStorageHealth
{
    private string? _reason = "it has not been started.";
    private long _downAt;

    public bool Available => Reason is null;

    public string? Reason => Volatile.Read(ref _reason);

    /// <summary>Time since it went away.</summary>
    public TimeSpan DownFor => Stopwatch.GetElapsedTime(Volatile.Read(ref _downAt));

    /// <summary>The first turn is no recovery and is told by the start itself.</summary>
    public void Start() => Volatile.Write(ref _reason, null);

    public void Down(string reason, Exception? exception = null)
    {
        Volatile.Write(ref _downAt, Stopwatch.GetTimestamp());
        if (Interlocked.CompareExchange(ref _reason, reason, null) is null)
            logger.WentAway(reason, exception);
    }

    public void Up()
    {
        if (Interlocked.Exchange(ref _reason, null) is not null)
            logger.CameBack();
    }

    public void Stop() => Volatile.Write(ref _reason, "it is closed.");
}
