using System.Diagnostics;
using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Storage.Writing;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Amps.Ocpp.Storage.Sqlite;

/// <summary>
/// Commits batches on the writer's connection. An item that fails is undone alone; a failure of the store ends the whole
/// batch, and the connection with it: a commit is never tried a second time on a connection whose disk failed, because
/// what the first try left behind is not known.
/// </summary>
internal sealed class SqliteCommitter(
    SqliteConnections connections,
    SqliteCheckpointer checkpointer,
    StorageHealth health,
    StorageMetrics metrics,
    TimeProvider clock) : ICommitter
{
    // A disk slower than this is no place to hold a caller's thread.
    private static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(20);

    private SqlSession? _session;

    /// <inheritdoc/>
    public bool WasAloneAndFast { get; private set; } = true;

    /// <summary>Nothing: a file does not go away by itself.</summary>
    public TimeSpan IdleInterval => Timeout.InfiniteTimeSpan;

    public void Idle()
    {
        // What fails while nobody writes is found by the next write.
    }

    /// <inheritdoc/>
    public void Commit(List<WriteItem> batch)
    {
        long started = Stopwatch.GetTimestamp();
        WasAloneAndFast = false;
        try
        {
            SqlSession session = _session ??= connections.OpenWriter();
            session.Execute("BEGIN IMMEDIATE");
            if (!TryRunTogether(session, batch))
            {
                session.Execute("ROLLBACK");
                session.Execute("BEGIN IMMEDIATE");
                RunApart(session, batch);
            }
            session.Execute("COMMIT");
        }
        catch (Exception e)
        {
            Abandon(batch, e);
            return;
        }
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        metrics.Committed(batch.Count, elapsed);
        WasAloneAndFast = batch.Count == 1 && elapsed < Fast;
        health.Up();
        foreach (WriteItem item in batch)
        {
            if (metrics.MeasuresWrites)
                metrics.Written(item.RequestedAt);
            if (!item.TrySucceed())
                Undo(item);
        }
        CareForLog();
    }

    /// <inheritdoc/>
    public bool Probe()
    {
        try
        {
            Close();
            _session = connections.OpenWriter();
            _session.Execute(
                "INSERT INTO probes (id, written_at) VALUES (1, @now) ON CONFLICT (id) DO UPDATE SET written_at = excluded.written_at",
                ("@now", clock.GetUtcNow().ToColumn()));
            health.Up();
            return true;
        }
        catch (Exception e)
        {
            Close();
            health.Down(SqliteErrors.Describe(e), e);
            return false;
        }
    }

    public void Dispose() => Close();

    private static bool TryRunTogether(SqlSession session, List<WriteItem> batch)
    {
        foreach (WriteItem item in batch)
        {
            try
            {
                item.Run(session);
            }
            catch (Exception e) when (!SqliteErrors.IsStorageFailure(e))
            {
                return false;
            }
        }
        return true;
    }

    private static void RunApart(SqlSession session, List<WriteItem> batch)
    {
        for (int i = 0; i < batch.Count;)
        {
            session.Execute("SAVEPOINT item");
            try
            {
                batch[i].Run(session);
                i++;
            }
            catch (Exception e) when (!SqliteErrors.IsStorageFailure(e))
            {
                session.Execute("ROLLBACK TO item");
                batch[i].Fail(e);
                batch.RemoveAt(i);
            }
            session.Execute("RELEASE item");
        }
    }

    private void Abandon(List<WriteItem> batch, Exception cause)
    {
        Close();
        health.Down(SqliteErrors.Describe(cause), cause);
        metrics.Failed(batch.Count);
        foreach (WriteItem item in batch)
            item.Fail(SqliteErrors.ToUnavailable(cause));
    }

    private void Undo(WriteItem item)
    {
        try
        {
            item.Undo(_session!);
        }
        catch (SqliteException e)
        {
            health.Down(SqliteErrors.Describe(e), e);
        }
    }

    private void CareForLog()
    {
        try
        {
            sqlite3? handle = ((SqliteConnection)_session!.Connection).Handle;
            if (raw.sqlite3_db_status(handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out int pages, out _, resetFlg: 1) == raw.SQLITE_OK)
                checkpointer.PagesWritten(pages);
            checkpointer.CopyRemainder(_session);
        }
        catch (SqliteException e)
        {
            Close();
            health.Down(SqliteErrors.Describe(e), e);
        }
    }

    private void Close()
    {
        try
        {
            _session?.Dispose();
        }
        catch (SqliteException)
        {
            // The connection is given up because it failed; that it also fails to close changes nothing.
        }
        _session = null;
    }
}
