using System.Collections.Concurrent;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Routing;

namespace Amps.Ocpp.Actions;

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
    IActionStore store, ChargePointRouter router, ActionIndex index, ActionsOptions options, TimeProvider time, ILogger<ActionService> logger) : IAsyncDisposable
{
    private static readonly ActionState[] Acknowledged = [ActionState.Acknowledged];
    private readonly ConcurrentDictionary<ActionId, Execution> _executions = new();
    private readonly CancellationTokenSource _stopping = new();

    private volatile bool _draining;

    private sealed record Execution(CancellationTokenSource Cancellation, Task Task);

    /// <summary>Stores an immediate push and starts to carry it out.</summary>
    /// <exception cref="StorageUnavailableException">Nothing was stored, nothing will be sent.</exception>
    public async Task<PushOutcome> PushAsync(DeviceEntry device, string customerId, string? userId, ChargerCommand command, bool replace, CancellationToken cancellationToken)
    {
        if (_draining)
            return new PushOutcome(null, [], Draining: true);
        if (!router.IsOnline(device.ChargePoint.Id))
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
            Command = command,
            State = ActionState.Acknowledged,
            CreatedAt = now,
            UpdatedAt = now,
            AcknowledgedAt = now,
        };
        InsertOutcome outcome = await store.InsertAsync(action, replace, cancellationToken);
        if (!outcome.Inserted)
            return new PushOutcome(null, outcome.Conflicting);
        foreach (ActionId replaced in outcome.Replaced)
        {
            if (_executions.TryGetValue(replaced, out Execution? old))
                await old.Cancellation.CancelAsync();
        }
        index.Put(action);
        Dispatch(action);
        return new PushOutcome(action, []);
    }

    /// <summary>Ends what an earlier life of this process left open; to be called once, before the doors open.</summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        foreach (ActionRecord action in await store.ListUnfinishedAsync(cancellationToken))
        {
            if (action.State != ActionState.Acknowledged)
                continue;
            // Sent or about to be sent when the process ended: the outcome is unknown, and it is never sent twice (faults C12, C13).
            bool dispatched = action.DispatchedAt is not null;
            await EndAsync(action, CommandOutcome.Failed(
                ErrorCodes.ChargerTimeout,
                dispatched
                    ? "The service restarted while the command was under way."
                    : "The service restarted before the command was sent.",
                unknown: dispatched));
        }
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
            ActionRecord dispatched = action with { DispatchedAt = time.GetUtcNow() };
            if (!await store.TryUpdateAsync(dispatched, Acknowledged, CancellationToken.None))
                return;
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
        TimeSpan pause = TimeSpan.FromMilliseconds(200);
        while (true)
        {
            try
            {
                if (await store.TryUpdateAsync(ended, Acknowledged, CancellationToken.None))
                {
                    index.Put(ended);
                    LogEnded(ended.Id, ended.DeviceId, ended.State, ended.ErrorCode);
                }
                return;
            }
            catch (StorageUnavailableException e) when (!_stopping.IsCancellationRequested)
            {
                LogNotStored(action.Id, e.Message);
                await Task.Delay(pause, time);
                pause = pause * 2 < options.ConfirmationTimeout ? pause * 2 : options.ConfirmationTimeout;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Action {ActionId} of {DeviceId} ended {State} {ErrorCode}")]
    private partial void LogEnded(ActionId actionId, DeviceId deviceId, ActionState state, string? errorCode);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Action {ActionId}: storage is away: {Reason}")]
    private partial void LogNotStored(ActionId actionId, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Action {ActionId} failed")]
    private partial void LogFailed(Exception exception, ActionId actionId);
}
