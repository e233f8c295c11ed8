using System.Collections.Concurrent;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Nodes;

/// <summary>
/// Renews this life's own lease and those of the duties it has, and tries for duties nobody has. Holding a duty saves the other nodes the
/// work; that nothing is done twice is decided by conditional writes alone, since a holder that was stopped for a while does not
/// know that it lost its lease.
/// </summary>
public sealed partial class LeaseKeeper(ILeaseStore store, NodeLife life, NodesOptions options, TimeProvider time, ILogger<LeaseKeeper> logger) : BackgroundService
{
    private readonly ConcurrentDictionary<string, bool> _duties = new(StringComparer.Ordinal);
    private volatile bool _ended;

    /// <summary>Whether this node has the duty of this name now; alone it has every duty. The first question makes it a candidate.</summary>
    public bool Has(string duty) => !options.Shared || _duties.GetOrAdd(duty, false);

    /// <summary>The same, asking at once the first time; from then on it is tried for in the background.</summary>
    /// <exception cref="StorageUnavailableException">The store is away, and it is not known.</exception>
    public async ValueTask<bool> TryHoldAsync(string duty, CancellationToken cancellationToken)
    {
        if (!options.Shared)
            return true;
        if (_duties.TryGetValue(duty, out bool held))
            return held;
        held = await store.TryTakeAsync(duty, life.Id, options.LeaseTime, cancellationToken);
        _duties[duty] = held;
        return held;
    }

    /// <summary>Does not want the duty any more, and gives it back.</summary>
    public async Task DropAsync(string duty)
    {
        if (!_duties.TryRemove(duty, out bool held) || !held)
            return;
        try
        {
            await store.ReleaseAsync(duty, life.Id, CancellationToken.None);
        }
        catch (StorageUnavailableException)
        {
            // It runs out by itself.
        }
    }

    /// <summary>Takes this life's lease; before anything is owned.</summary>
    /// <exception cref="StorageUnavailableException">The store is away.</exception>
    public Task BeginAsync(CancellationToken cancellationToken) =>
        options.Shared ? store.TakeOverAsync(life.LeaseName, life.Id, options.LeaseTime, cancellationToken) : Task.CompletedTask;

    /// <summary>Gives everything back, so that others need not wait for it to run out.</summary>
    public async Task EndAsync()
    {
        _ended = true;
        if (!options.Shared)
            return;
        try
        {
            await store.ReleaseAllAsync(life.Id, CancellationToken.None);
        }
        catch (StorageUnavailableException)
        {
            // It runs out by itself.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Shared)
            return;
        using var timer = new PeriodicTimer(options.LeaseTime / 5, time);
        try
        {
            do
                await RenewAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Its leases are given back when its work has ended.
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!_ended && !await store.TryTakeAsync(life.LeaseName, life.Id, options.LeaseTime, cancellationToken))
                LogTwins(options.NodeId);
            foreach (string duty in _duties.Keys)
            {
                if (!_ended && _duties.TryGetValue(duty, out bool before))
                    _duties.TryUpdate(duty, await store.TryTakeAsync(duty, life.Id, options.LeaseTime, cancellationToken), before);
            }
        }
        catch (StorageUnavailableException e)
        {
            // What it cannot renew it may have lost.
            foreach (string duty in _duties.Keys)
                _duties[duty] = false;
            LogStorage(e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Another process runs as node {NodeId}; node ids must be unique")]
    private partial void LogTwins(string nodeId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Leases not renewed, storage is away: {Reason}")]
    private partial void LogStorage(string reason);
}
