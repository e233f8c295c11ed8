using Amps.Ocpp.Model;
using Amps.Ocpp.Nodes;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage;

/// <summary>
/// On the one node of several that has this duty: deletes what ended long ago, a little at a time, so that whoever writes
/// meanwhile does not wait (faults X8).
/// </summary>
internal sealed partial class RetentionSweeper(
    IDatabase database, RetentionOptions options, LeaseKeeper leases, StorageMetrics metrics, TimeProvider time, ILogger<RetentionSweeper> logger) : BackgroundService
{
    private const string Duty = "duty/retention";

    private readonly (RetainedRows Rows, TimeSpan? Kept)[] _kinds =
    [
        (RetainedRows.Actions, options.Actions),
        (RetainedRows.Transactions, options.Transactions),
        (RetainedRows.QuarantinedStops, options.Transactions),
    ];

    /// <summary>Deletes all that is too old; returns how many rows, 0 where another node does it.</summary>
    /// <exception cref="StorageUnavailableException">The store is away; the rest stays for the next time.</exception>
    public async Task<long> SweepAsync(CancellationToken cancellationToken)
    {
        if (!await leases.TryHoldAsync(Duty, cancellationToken))
            return 0;
        DateTimeOffset now = time.GetUtcNow();
        long deleted = 0;
        foreach ((RetainedRows rows, TimeSpan? kept) in _kinds)
        {
            if (kept is { } span)
                deleted += await SweepAsync(rows, now - span, cancellationToken);
        }
        return deleted;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_kinds.All(kind => kind.Kept is null))
            return;
        try
        {
            await Task.Delay(options.FirstAfter, time, stoppingToken);
            while (true)
            {
                await TrySweepAsync(stoppingToken);
                await Task.Delay(options.Interval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // What is left is deleted by the next life, or by another node.
        }
    }

    private async Task<long> SweepAsync(RetainedRows rows, DateTimeOffset before, CancellationToken cancellationToken)
    {
        long deleted = 0;
        object? after = rows.Start;
        while (after is not null)
        {
            object from = after;
            RetainedPage page = await database.ReadAsync(session => rows.Look(session, from, before, options.BatchSize), cancellationToken);
            after = page.Next;
            if (page.Old.Length == 0)
                continue;
            int gone = await database.WriteAsync(session => rows.Delete(session, page.Old, before), cancellationToken);
            metrics.Forgot(rows.Name, gone);
            deleted += gone;
            await Task.Delay(options.Pause, time, cancellationToken);
        }
        if (deleted > 0)
            LogDeleted(deleted, rows.Name, before);
        return deleted;
    }

    private async Task TrySweepAsync(CancellationToken stoppingToken)
    {
        try
        {
            await SweepAsync(stoppingToken);
        }
        catch (StorageUnavailableException e)
        {
            LogStorage(e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted {Count} {Kind} that ended before {Before:u}")]
    private partial void LogDeleted(long count, string kind, DateTimeOffset before);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What is too old is not deleted now, storage is away: {Reason}")]
    private partial void LogStorage(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Deleting what is too old failed")]
    private partial void LogFailed(Exception exception);
}
