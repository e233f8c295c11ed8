namespace Amps.Ocpp.Storage;

/// <summary>The engines that can keep everything.</summary>
public enum StorageProvider
{
    /// <summary>One file of <see cref="StorageOptions.DataDirectory"/>, for one process at a time.</summary>
    Sqlite,

    /// <summary>A PostgreSQL server, for any number of nodes.</summary>
    Postgres,
}

/// <summary>Where and how the service keeps what it must not lose.</summary>
public sealed record StorageOptions
{
    /// <summary>Which engine.</summary>
    public StorageProvider Provider { get; init; }

    /// <summary>Directory of the database file; made when missing, used by one process at a time.</summary>
    public string DataDirectory { get; init; } = "data";

    /// <summary>Where the database server is reached, as Npgsql reads it; may hold a password. Not used by SQLite.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>How long a start waits for a database server that cannot be reached or is itself starting.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time-out of one statement on a database server.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A write that has not ended by then ends as unavailable.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a write waits for another process that holds the database, e.g. a backup; whole seconds, &lt; <see cref="WriteTimeout"/>.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Writes that may wait for the writer; one more is refused at once.</summary>
    public int MaxWaitingWrites { get; init; } = 8192;

    /// <summary>Writes that one commit carries at most, so that no batch holds its first caller for long.</summary>
    public int MaxBatch { get; init; } = 512;

    /// <summary>Reads that run at the same time.</summary>
    public int MaxReaders { get; init; } = Math.Clamp(Environment.ProcessorCount, 2, 8);

    /// <summary>Pages written to the log after which it is copied into the database file.</summary>
    public int CheckpointPages { get; init; } = 2000;

    /// <summary>Length of the log, bytes, above which it is cut when it begins anew, and a warning is logged until then.</summary>
    public long MaxLogBytes { get; init; } = 64L << 20;

    /// <summary>Pause between two attempts to write again after the store failed.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>For how long what has ended is kept.</summary>
    public RetentionOptions Retention { get; init; } = new();

    /// <summary>Whether a text can be read as <see cref="ConnectionString"/> and names a server.</summary>
    public static bool IsConnectionString(string text) => Postgres.PostgresConnections.IsValid(text);
}
