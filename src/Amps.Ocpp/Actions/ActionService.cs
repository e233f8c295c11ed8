using System.Collections.Concurrent;
using Amps.Ocpp.Model;
using Amps.Ocpp.Nodes;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Routing;

namespace Amps.Ocpp.Actions;

/// <summary>What is pushed.</summary>
/// <param name="Command">What the charger is to do.</param>
/// <param name="Times">When; nothing = now.</param>
/// <param name="Replace">An action in the way is cancelled instead of being a conflict.</param>
/// <param name="Sandbox">What is asked of the simulated charge point; null = nothing, and always in live.</param>
public sealed record Push(ChargerCommand Command, PushTimes Times = default, bool Replace = false, SandboxControl? Sandbox = null);

/// <summary>How a push ended.</summary>
/// <param name="Action">The stored action; null when none was made.</param>
/// <param name="Conflicting">The actions in the way; empty unless there was a conflict.</param>
/// <param name="Offline">The charger is not connected: no action was made.</param>
/// <param name="Draining">The service is going down and takes no new work.</param>
public sealed record PushOutcome(ActionRecord? Action, IReadOnlyList<ActionId> Conflicting, bool Offline = false, bool Draining = false);

/// <summary>
/// The life of an action (canonical API, section 5): conflict, durable insert, dispatch, confirmation, end. The row is on disk before
/// the answer, and the dispatch is on disk before anything is sent, so that a restart knows what may have had an effect.
/// </summary>
public sealed partial class ActionService(
    IActionStore store, ChargePointRouter router, ActionIndex index, ActionBell bell, Agenda agenda, ISandboxStage sandbox, NodeLife life,
    ActionsOptions options, TimeProvider time, ILogger<ActionService> logger) : IAsyncDisposable
{
    private static readonly ActionState[] Acknowledged = [ActionState.Acknowledged];
    private static readonly ActionState[] Scheduled = [ActionState.Scheduled];
    private readonly ConcurrentDictionary<ActionId, Execution> _executions = new();
    private readonly CancellationTokenSource _stopping = new();

    private readonly DateTimeOffset _born = time.GetUtcNow();
    private volatile bool _draining;

    private sealed record Execution(CancellationTokenSource Cancellation, Task Task);

    /// <summary>
    /// Stores a push. An immediate one is carried out at once and needs a connected charger; one with a start waits for it.
    /// </summary>
    /// <exception cref="StorageUnavailableException">Nothing was stored, nothing will be sent.</exception>
    public async Task<PushOutcome> PushAsync(
        DeviceEntry device, string customerId, string? userId, Push push, CancellationToken cancellationToken)
    {
        if (_draining)
            return new PushOutcome(null, [], Draining: true);
        PushTimes times = push.Times;
        if (times.Start is null && !router.IsOnline(device.ChargePoint.Id))
            return new PushOutcome(null, [], Offline: true);
        DateTimeOffset now = time.GetUtcNow();
        var action = new ActionRecord
        {
            Id = ActionId.New(now),
            DeviceId = device.Device.Id,
            ChargePoint = device.ChargePoint.Id,
            ConnectorId = device.Device.ConnectorId,
            CustomerId = customerId,
            UserId = userId ?? device.ChargePoint.UserId,
            Environment = device.ChargePoint.Environment,
            Command = push.Command,
            State = times.Start is null ? ActionState.Acknowledged : ActionState.Scheduled,
            CreatedAt = now,
            UpdatedAt = now,
            AcknowledgedAt = times.Start is null ? now : null,
            Node = times.Start is null ? life.Owner : null,
            Start = times.Start,
            End = times.End,
            Sandbox = push.Sandbox,
        };
        InsertOutcome outcome = await store.InsertAsync(action, push.Replace, cancellationToken);
        if (!outcome.Inserted)
            return new PushOutcome(null, outcome.Conflicting);
        foreach (ActionId replaced in outcome.Replaced)
        {
            bell.Ring(action.DeviceId, replaced);
            await GiveUpAsync(replaced);
        }
        Show(action);
        if (action.State == ActionState.Scheduled)
            agenda.Add(action);
        else
            Dispatch(action);
        return new PushOutcome(action, []);
    }

    /// <summary>Cancels a scheduled action; null when it is not scheduled any more.</summary>
    /// <exception cref="StorageUnavailableException">Nothing was changed.</exception>
    public async Task<ActionRecord?> CancelAsync(ActionRecord action, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        ActionRecord cancelled = action with { State = ActionState.Cancelled, UpdatedAt = now, CompletedAt = now };
        if (!await store.TryUpdateAsync(cancelled, Scheduled, cancellationToken))
            return null;
        Show(cancelled);
        return cancelled;
    }

    /// <summary>
    /// Starts a scheduled action whose time has come. One whose start was slept through by more than
    /// <see cref="ActionsOptions.LatestStart"/> fails instead.
    /// </summary>
    internal async Task FireAsync(ActionRecord action)
    {
        DateTimeOffset now = time.GetUtcNow();
        // Charge points need a moment to come back after a restart: what came due meanwhile waits for them.
        if (now - _born < options.ReconnectGrace && now - action.Start <= options.LatestStart && !router.IsOnline(action.ChargePoint))
        {
            agenda.Add(action, now + TimeSpan.FromSeconds(1));
            return;
        }
        ActionRecord fired = action with { State = ActionState.Acknowledged, AcknowledgedAt = now, UpdatedAt = now, Node = life.Owner };
        if (_draining || !await store.TryUpdateAsync(fired, Scheduled, CancellationToken.None))
            return;
        Show(fired);
        if (now - action.Start > options.LatestStart)
            await EndAsync(fired, CommandOutcome.Failed(ErrorCodes.StartInPast, "The service was not running at the start of this action."));
        else if (!router.IsOnline(action.ChargePoint))
            await EndAsync(fired, CommandOutcome.Failed(ErrorCodes.DeviceOffline, "The charger was not connected at the start of this action."));
        else
            Dispatch(fired);
    }

    /// <summary>
    /// Carries out what was acknowledged and not yet sent when the process ended, once (faults C12): when its charge point is
    /// back, unless that takes longer than <see cref="ActionsOptions.ReconnectGrace"/> after the acknowledgement.
    /// </summary>
    internal async Task ResumeAsync(ActionRecord action)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_draining)
            return;
        if (now - action.AcknowledgedAt > options.ReconnectGrace)
            await EndAsync(action, CommandOutcome.Failed(ErrorCodes.DeviceOffline, "The service restarted and the charger did not come back in time; nothing was sent."));
        else if (router.IsOnline(action.ChargePoint))
            Dispatch(action);
        else
            agenda.Add(action, now + TimeSpan.FromSeconds(1));
    }

    /// <summary>Stops taking ends of new commands and waits for the open ones, up to the limit (operator surface, section 3).</summary>
    public async Task DrainAsync(TimeSpan limit)
    {
        _draining = true;
        Task all = Task.WhenAll(_executions.Values.Select(execution => execution.Task));
        await Task.WhenAny(all, Task.Delay(limit, time));
        await _stopping.CancelAsync();
        await Task.WhenAny(Task.WhenAll(_executions.Values.Select(execution => execution.Task)), Task.Delay(TimeSpan.FromSeconds(2), time));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _stopping.Dispose();
    }

    private void Dispatch(ActionRecord action)
    {
        var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var started = new TaskCompletionSource();
        Task task = RunAsync(action, started.Task, cancellation);
        _executions[action.Id] = new Execution(cancellation, task);
        started.SetResult();
    }

    private async Task RunAsync(ActionRecord action, Task started, CancellationTokenSource cancellation)
    {
        await started;
        await Task.Yield();
        try
        {
            if (action.Sandbox is { } control
                && !await router.PrepareElsewhereAsync(new ChargerAddress(action.ChargePoint, action.ConnectorId), action.Command, control, cancellation.Token))
                await sandbox.PrepareAsync(action.DeviceId, action.Command, control, cancellation.Token);
            long began = time.GetTimestamp();
            ActionRecord dispatched = action with { DispatchedAt = time.GetUtcNow() };
            if (!await store.TryUpdateAsync(dispatched, Acknowledged, CancellationToken.None))
                return;
            // A process that was stopped in between may not own it any more by now.
            if (time.GetElapsedTime(began) > options.LongestDispatch)
            {
                await EndAsync(dispatched, CommandOutcome.Failed(ErrorCodes.ServiceUnavailable, "The service was held up; nothing was sent."));
                return;
            }
            CommandOutcome outcome = await router.ExecuteAsync(new ChargerAddress(action.ChargePoint, action.ConnectorId), action.Command, cancellation.Token);
            await EndAsync(dispatched, outcome);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested && !_stopping.IsCancellationRequested)
        {
            // Replaced: the store has it as cancelled, and a late answer changes nothing.
        }
        catch (OperationCanceledException)
        {
            await EndAsync(action, CommandOutcome.Failed(ErrorCodes.ChargerTimeout, "The service stopped while the command was under way.", unknown: true));
        }
        catch (StorageUnavailableException e)
        {
            LogNotStored(action.Id, e.Message);
            await EndAsync(action, CommandOutcome.Failed(ErrorCodes.ServiceUnavailable, "Storage was away; nothing was sent."));
        }
        catch (Exception e)
        {
            LogFailed(e, action.Id);
            await EndAsync(action, CommandOutcome.Failed(ErrorCodes.InternalError, "The command could not be carried out.", unknown: true));
        }
        finally
        {
            _executions.TryRemove(action.Id, out _);
            cancellation.Dispose();
        }
    }

    /// <summary>Stores the end of an action; while storage is away it is tried again, since an end that was seen must not be lost.</summary>
    private async Task EndAsync(ActionRecord action, CommandOutcome outcome)
    {
        DateTimeOffset now = time.GetUtcNow();
        ActionRecord ended = action with
        {
            State = outcome.Success ? ActionState.Completed : ActionState.Failed,
            UpdatedAt = now,
            CompletedAt = now,
            ErrorCode = outcome.ErrorCode,
            ErrorMessage = outcome.Success ? null : outcome.Message,
            Result = new ActionResult
            {
                Success = outcome.Success,
                Message = outcome.Message,
                ConfirmedBy = outcome.ConfirmedBy,
                TransactionId = outcome.TransactionId,
                SessionHeld = outcome.SessionHeld,
                Outcome = outcome.OutcomeUnknown ? "unknown" : null,
            },
        };
        OutboxEvent announcement = PushEvents.Of(ended);
        TimeSpan pause = TimeSpan.FromMilliseconds(200);
        bool unsure = false;
        while (true)
        {
            try
            {
                // A try whose answer was lost may have been stored all the same.
                if (await store.TryEndAsync(ended, announcement, CancellationToken.None)
                    || (unsure && await store.FindAsync(ended.Id, CancellationToken.None) is { } stored && stored.State == ended.State && stored.UpdatedAt == now))
                {
                    Show(ended);
                    if (ended is { End: not null, State: ActionState.Completed })
                        agenda.Add(ended);
                    LogEnded(ended.Id, ended.DeviceId, ended.State, ended.ErrorCode);
                }
                return;
            }
            catch (StorageUnavailableException e) when (!_stopping.IsCancellationRequested)
            {
                unsure = true;
                LogNotStored(action.Id, e.Message);
                await Task.Delay(pause, time);
                pause = pause * 2 < options.ConfirmationTimeout ? pause * 2 : options.ConfirmationTimeout;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Action {ActionId} of {DeviceId} ended {State} {ErrorCode}")]
    private partial void LogEnded(ActionId actionId, DeviceId deviceId, ActionState state, string? errorCode);

    [LoggerMessage(Level = LogLevel.Information, Message = "The window of action {ActionId} of {DeviceId} ended; the charger was idled {ErrorCode}")]
    private partial void LogWindowClosed(ActionId actionId, DeviceId deviceId, string? errorCode);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Action {ActionId}: storage is away: {Reason}")]
    private partial void LogNotStored(ActionId actionId, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Action {ActionId} failed")]
    private partial void LogFailed(Exception exception, ActionId actionId);
}
