using System.Data.Common;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage.Sqlite;

/// <summary>
/// Copies the log into the database, off the writer's path: on a connection and a pool thread of its own, once the writer
/// has written enough pages. What was written meanwhile is left to the writer itself, between two commits: only a log that
/// is copied to its last page begins anew, and one that is written over in place is synchronised two to three times
/// faster than one that grows.
/// </summary>
internal sealed class SqliteCheckpointer(SqliteConnections connections, SqliteFiles files, StorageOptions options, ILogger logger) : IDisposable
{
    // Never waits for a reader or a writer.
    private const string Passive = "PRAGMA wal_checkpoint(PASSIVE)";

    private readonly Lock _gate = new();
    private SqlSession? _session;
    private long _pages;
    private int _running;
    private bool _disposed;
    private bool _tooLong;
    private volatile bool _remainderDue;

    /// <summary>Counts pages that a commit appended to the log.</summary>
    public void PagesWritten(int pages)
    {
        if (Interlocked.Add(ref _pages, pages) < options.CheckpointPages || Interlocked.Exchange(ref _running, 1) != 0)
            return;
        Interlocked.Exchange(ref _pages, 0);
        ThreadPool.UnsafeQueueUserWorkItem(static self => self.RunOnce(), this, preferLocal: false);
    }

    /// <summary>Copies the last pages on the writer's connection, when the larger part has been copied since the last time.</summary>
    public void CopyRemainder(SqlSession writer)
    {
        if (!_remainderDue)
            return;
        _remainderDue = false;
        writer.First(Passive, row => row.GetInt64(0));
    }

    /// <summary>Copies all of the log and empties it, at the start and at the end, when nobody writes.</summary>
    public void Complete()
    {
        lock (_gate)
            Run("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _session?.Dispose();
            _session = null;
        }
    }

    private void RunOnce()
    {
        lock (_gate)
        {
            if (!_disposed)
                Checkpoint();
        }
        Volatile.Write(ref _running, 0);
    }

    private void Checkpoint()
    {
        long left = Run(Passive);
        // The first round copies most, the second what came during the first.
        if (left > 0)
            left = Run(Passive);
        _remainderDue = left >= 0;
        long bytes = files.LogBytes;
        bool tooLong = bytes > options.MaxLogBytes;
        if (tooLong && !_tooLong)
            logger.LogTooLong(bytes, left);
        _tooLong = tooLong;
    }

    /// <returns>Pages of the log that are not in the database yet.</returns>
    private long Run(string checkpoint)
    {
        try
        {
            _session ??= connections.OpenCheckpointer();
            return _session.First(checkpoint, row => row.GetInt64(1) - row.GetInt64(2));
        }
        catch (DbException e)
        {
            logger.CheckpointFailed(e);
            _session?.Dispose();
            _session = null;
            return -1;
        }
    }
}
