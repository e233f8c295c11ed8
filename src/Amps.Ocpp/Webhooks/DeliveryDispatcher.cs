using System.Diagnostics;
using Amps.Ocpp.Model;
using Amps.Ocpp.Webhooks.Sending;

namespace Amps.Ocpp.Webhooks;

/// <summary>
/// Sends what is due: one loop for all endpoints, woken by commits, by ends of attempts and by the next retry. What is sent is
/// leased first, so that of several nodes one sends it; a lease that is not ended in time runs out and the delivery is sent
/// again, with the same id (at least once, faults N9).
/// </summary>
public sealed partial class DeliveryDispatcher(
    IDeliveryStore store, WebhookSender sender, SecretVault vault, DeliverySignal signal, WebhooksOptions options, WebhooksMetrics metrics,
    TimeProvider time, ILogger<DeliveryDispatcher> logger) : BackgroundService
{
    private static readonly TimeSpan StoragePause = TimeSpan.FromSeconds(1);
    private const int TidyBatch = 500;

    private readonly Dictionary<string, EndpointLane> _lanes = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _attempts = new();
    private readonly HashSet<long> _inFlight = [];
    private TaskCompletionSource? _drained;

    // An earlier life may have left leases behind; so may a write of which nobody knows whether it took place.
    private volatile bool _mayHoldMore = true;
    private DateTimeOffset _tidyAt;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        vault.Open();
        return base.StartAsync(cancellationToken);
    }

    /// <summary>The operator wants the endpoint tried again now.</summary>
    public void Resume(string endpointId)
    {
        lock (_gate)
            _lanes.GetValueOrDefault(endpointId)?.Resume();
        signal.Raise();
    }

    /// <summary>Starts no more attempts, lets those under way end for a moment, and gives the rest back.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Task drained;
        lock (_gate)
        {
            _drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_inFlight.Count == 0)
                _drained.SetResult();
            drained = _drained.Task;
        }
        await Task.WhenAny(drained, Task.Delay(options.StopLimit, time, CancellationToken.None));
        await _attempts.CancelAsync();
        await Task.WhenAny(drained, Task.Delay(options.StopLimit, time, CancellationToken.None));
    }

    public override void Dispose()
    {
        _attempts.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            Task? raised = signal.Next;
            TimeSpan sleep;
            try
            {
                await ReleaseAsync(stoppingToken);
                await TidyAsync(stoppingToken);
                sleep = await StartDueAsync(stoppingToken);
            }
            catch (StorageUnavailableException e)
            {
                LogStorage(e.Message);
                _mayHoldMore = true;
                sleep = StoragePause;
                raised = null;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e)
            {
                LogLoopFailed(e);
                sleep = StoragePause;
            }
            await SleepAsync(raised, sleep, stoppingToken);
        }
    }

    /// <summary>Gives back what is leased by this life and not being sent.</summary>
    private async Task ReleaseAsync(CancellationToken stoppingToken)
    {
        if (!_mayHoldMore)
            return;
        _mayHoldMore = false;
        long[] kept;
        lock (_gate)
            kept = [.. _inFlight];
        await store.ReleaseAsync(options.NodeId, kept, stoppingToken);
    }

    /// <param name="raised">Ends the sleep early; null = nothing does but the end of the service.</param>
    private async Task SleepAsync(Task? raised, TimeSpan sleep, CancellationToken stoppingToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        Task slept = Task.Delay(sleep, time, over.Token);
        await Task.WhenAny(raised ?? slept, slept);
        await over.CancelAsync();
    }

    /// <summary>Starts what is due and there is room for; tells how long nothing more is to be done.</summary>
    private async Task<TimeSpan> StartDueAsync(CancellationToken stoppingToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        DueWork work = await store.LookAsync(now, stoppingToken);
        (List<(string, int)> wanted, DateTimeOffset? next) = Plan(work, now);
        if (wanted.Count > 0)
        {
            foreach (ClaimedDelivery delivery in await store.ClaimAsync(wanted, options.NodeId, now, now + options.Lease, CancellationToken.None))
            {
                lock (_gate)
                {
                    _inFlight.Add(delivery.Sequence);
                    LaneOf(delivery.Endpoint.Id).InFlight++;
                }
                _ = RunAsync(delivery);
            }
        }
        TimeSpan sleep = next is { } at ? at - now : options.LongestSleep;
        return sleep < TimeSpan.Zero ? TimeSpan.Zero : sleep < options.LongestSleep ? sleep : options.LongestSleep;
    }

    private (List<(string EndpointId, int Count)> Wanted, DateTimeOffset? Next) Plan(DueWork work, DateTimeOffset now)
    {
        var wanted = new List<(string, int)>();
        DateTimeOffset? next = work.Next;
        lock (_gate)
        {
            int room = options.MaxInFlight - _inFlight.Count;
            foreach (string endpoint in work.Endpoints)
            {
                EndpointLane lane = LaneOf(endpoint);
                int free = Math.Min(room, lane.Free(options.MaxPerEndpoint, now));
                if (free > 0)
                    wanted.Add((endpoint, free));
                room -= free;
                if (lane.PausedUntil > now && (next is null || lane.PausedUntil < next))
                    next = lane.PausedUntil;
            }
        }
        return (wanted, next);
    }

    private async Task RunAsync(ClaimedDelivery delivery)
    {
        AttemptResult? result = null;
        bool unknown = false;
        try
        {
            long started = Stopwatch.GetTimestamp();
            result = await sender.SendAsync(delivery, _attempts.Token);
            metrics.Attempted(result.Error, Stopwatch.GetElapsedTime(started));
            await FinishAsync(delivery, result);
        }
        catch (OperationCanceledException)
        {
            await ReturnAsync(delivery);
        }
        catch (StorageUnavailableException e)
        {
            // It is given back when the store is there again, and sent once more.
            unknown = true;
            LogStorage(e.Message);
        }
        catch (Exception e)
        {
            LogAttemptFailed(e, delivery.MessageId, delivery.Endpoint.Id);
        }
        finally
        {
            Leave(delivery, result);
            _mayHoldMore |= unknown;
            signal.Raise();
        }
    }

    private async Task FinishAsync(ClaimedDelivery delivery, AttemptResult result)
    {
        DateTimeOffset now = time.GetUtcNow();
        int attempts = delivery.Attempts + 1;
        (DeliveryEnd end, TimeSpan pause) = RetryPolicy.Decide(result, attempts, options, Random.Shared.NextDouble());
        DateTimeOffset? next = end == DeliveryEnd.Retry ? now + pause : null;
        bool disabled = await store.FinishAsync(new AttemptRecord(delivery, options.NodeId, now, end, next, result.Status, result.Error), CancellationToken.None);
        if (end == DeliveryEnd.Delivered)
            LogDelivered(delivery.MessageId, delivery.EventType, delivery.DeviceId, delivery.Endpoint.Id, attempts);
        else
            LogNotDelivered(delivery.MessageId, delivery.EventType, delivery.DeviceId, delivery.Endpoint.Id, attempts, result.Error, result.Status, end, next);
        if (end == DeliveryEnd.GiveUp)
            metrics.GivenUp();
        if (!disabled)
            return;
        metrics.Disabled();
        LogDisabled(delivery.Endpoint.Id, delivery.Endpoint.CustomerId, end == DeliveryEnd.EndpointGone ? DisabledReasons.Gone : DisabledReasons.RetriesExhausted);
    }

    private async Task ReturnAsync(ClaimedDelivery delivery)
    {
        try
        {
            await store.ReturnAsync(delivery, options.NodeId, CancellationToken.None);
        }
        catch (StorageUnavailableException)
        {
            // The next start of this node, or the end of the lease, gives it back.
        }
    }

    private void Leave(ClaimedDelivery delivery, AttemptResult? result)
    {
        string endpointId = delivery.Endpoint.Id;
        lock (_gate)
        {
            _inFlight.Remove(delivery.Sequence);
            EndpointLane lane = LaneOf(endpointId);
            lane.InFlight--;
            if (result is not null)
                lane.Note(result.Error is not null, RetryPolicy.Cap(result.RetryAfter, options), time.GetUtcNow());
            if (lane.IsIdle(time.GetUtcNow()))
                _lanes.Remove(endpointId);
            if (_inFlight.Count == 0)
                _drained?.TrySetResult();
        }
    }

    private EndpointLane LaneOf(string endpointId)
    {
        if (!_lanes.TryGetValue(endpointId, out EndpointLane? lane))
            _lanes.Add(endpointId, lane = new EndpointLane());
        return lane;
    }

    private async Task TidyAsync(CancellationToken stoppingToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (now < _tidyAt)
            return;
        TidyOutcome outcome = await store.TidyAsync(
            new TidyLimits(options.MaxPending, options.MaxFailed, now - options.KeepDelivered, now - options.KeepFailed, TidyBatch), now, stoppingToken);
        if (outcome.Dropped > 0)
        {
            metrics.Dropped(outcome.Dropped);
            LogDropped(outcome.Dropped);
        }
        // One batch between two looks at what is due: others' deliveries do not wait for a flood to be cleared away.
        if (outcome.More)
            signal.Raise();
        else
            _tidyAt = now + options.TidyInterval;
    }
}
