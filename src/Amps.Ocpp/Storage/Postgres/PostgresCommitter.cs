using System.Diagnostics;
using Amps.Ocpp.Model;
using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Storage.Writing;
using Npgsql;

namespace Amps.Ocpp.Storage.Postgres;

/// <summary>
/// Commits batches on the writer's session. A lost connection is replaced at once; whether a commit whose answer was lost
/// took place is read from the <see cref="CommitLedger"/>, and only a batch that did not is run again (faults D10).
/// </summary>
internal sealed class PostgresCommitter(
    PostgresConnections connections,
    CommitLedger ledger,
    StorageOptions options,
    StorageHealth health,
    StorageMetrics metrics) : ICommitter
{
    // The first and three more (faults D12).
    private const int MaxTries = 4;

    private SqlSession? _session;
    private NpgsqlTransaction? _transaction;
    private long _contactAt = Stopwatch.GetTimestamp();

    /// <summary>Never: a server that stops answering must not hold the thread of a caller (faults D11).</summary>
    public bool WasAloneAndFast => false;

    /// <inheritdoc/>
    public TimeSpan IdleInterval => options.ProbeInterval;

    /// <inheritdoc/>
    public void Commit(List<WriteItem> batch)
    {
        long started = Stopwatch.GetTimestamp();
        // An earlier batch's end must be known before its writer's row is written again.
        if (ledger.InDoubt && !Probe())
        {
            Fail(batch, new StorageUnavailableException($"Storage is unavailable: {health.Reason}"));
            return;
        }
        ledger.Begin();
        for (int tries = 1; ; tries++)
        {
            try
            {
                // A commit of the try before, whose answer was lost.
                if (!ledger.InDoubt || !Settle())
                    Transact(batch);
                break;
            }
            catch (Exception e)
            {
                if (PrepareAnother(e, tries, started))
                    continue;
                Abandon(batch, e);
                return;
            }
        }
        End(batch, Stopwatch.GetElapsedTime(started));
    }

    /// <inheritdoc/>
    public bool Probe()
    {
        try
        {
            Close();
            _session = connections.Open();
            if (ledger.InDoubt)
                Settle();
            ledger.Touch(_session);
            ledger.Undo(_session);
            Contacted();
            health.Up();
            return true;
        }
        catch (Exception e)
        {
            Close();
            health.Down(PostgresErrors.Describe(e), e);
            return false;
        }
    }

    /// <inheritdoc/>
    public void Idle()
    {
        if (!ledger.OwesUndo && Stopwatch.GetElapsedTime(_contactAt) < IdleInterval)
            return;
        for (int tries = 1; ; tries++)
        {
            try
            {
                _session ??= connections.Open();
                _session.First("SELECT 1", row => row.GetInt32(0));
                ledger.Undo(_session);
                Contacted();
                return;
            }
            catch (Exception e)
            {
                Close();
                if (tries == 1)
                    continue;
                health.Down(PostgresErrors.Describe(e), e);
                return;
            }
        }
    }

    public void Dispose() => Close();

    private void Transact(List<WriteItem> batch)
    {
        SqlSession session = _session ??= connections.Open();
        var connection = (NpgsqlConnection)session.Connection;
        _transaction = connection.BeginTransaction();
        if (!PostgresBatch.TryRunTogether(session, batch, ledger.Mark))
        {
            _transaction.Rollback();
            _transaction = connection.BeginTransaction();
            PostgresBatch.RunApart(session, batch, ledger.Mark);
        }
        ledger.Committing();
        try
        {
            _transaction.Commit();
        }
        catch (PostgresException e) when (!PostgresErrors.IsFatal(e))
        {
            ledger.Answered();
            throw;
        }
        ledger.Answered();
    }

    /// <summary>Learns on a new session whether the batch in doubt was committed.</summary>
    private bool Settle() => ledger.Settle(_session ??= connections.Open());

    /// <summary>Clears the way for another try; false = there is no use in one, or no time.</summary>
    private bool PrepareAnother(Exception cause, int tries, long started)
    {
        bool lost = cause is not PostgresException || PostgresErrors.IsStorageFailure(cause);
        bool wasOpen = _session is not null;
        if (lost || !TryRollback())
            Close();
        if (tries >= MaxTries || Stopwatch.GetElapsedTime(started) > options.WriteTimeout / 2)
            return false;
        if (PostgresErrors.IsConflict(cause))
        {
            Thread.Sleep(Random.Shared.Next(1, 5 * tries));
            return true;
        }
        // A session that cannot be opened will not open the next moment either; one that broke may be replaced.
        return lost && wasOpen;
    }

    private bool TryRollback()
    {
        try
        {
            _transaction?.Rollback();
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            return false;
        }
    }

    private void End(List<WriteItem> batch, TimeSpan elapsed)
    {
        Contacted();
        metrics.Committed(batch.Count, elapsed);
        health.Up();
        foreach (WriteItem item in batch)
        {
            if (metrics.MeasuresWrites)
                metrics.Written(item.RequestedAt);
            if (!item.TrySucceed())
                ledger.Owe(item);
        }
    }

    private void Abandon(List<WriteItem> batch, Exception cause)
    {
        ledger.Abandon(batch);
        // Two nodes in each other's way say nothing about the server.
        if (!PostgresErrors.IsConflict(cause))
            health.Down(PostgresErrors.Describe(cause), cause);
        Fail(batch, PostgresErrors.ToUnavailable(cause));
    }

    private void Fail(List<WriteItem> batch, StorageUnavailableException exception)
    {
        metrics.Failed(batch.Count);
        foreach (WriteItem item in batch)
            item.Fail(exception);
    }

    private void Contacted() => _contactAt = Stopwatch.GetTimestamp();

    private void Close()
    {
        try
        {
            _session?.Dispose();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The session is given up because it failed; that it also fails to close changes nothing.
        }
        _session = null;
    }
}
