using System.Collections.Concurrent;
using Amps.Ocpp.Model;
using Amps.Ocpp.Routing;

namespace Amps.Ocpp.Actions;

/// <summary>What time and other lives leave to do: ends of windows, and what an earlier life or a dead node left open.</summary>
public sealed partial class ActionService
{
    private readonly ConcurrentDictionary<ActionId, bool> _closing = new();

    /// <summary>
    /// Deals with the end of a window: the charger is idled unless a later push took over. False = not yet: the action is
    /// still under way, or the charger is away.
    /// </summary>
    internal async Task<bool> CloseWindowAsync(ActionRecord opened)
    {
        if (!_closing.TryAdd(opened.Id, true))
            return true;
        try
        {
            return await TryCloseWindowAsync(opened);
        }
        finally
        {
            _closing.TryRemove(opened.Id, out _);
        }
    }

    private async Task<bool> TryCloseWindowAsync(ActionRecord opened)
    {
        if (await store.FindAsync(opened.Id, CancellationToken.None) is not { } action || action.WindowClosedAt is not null)
            return true;
        if (action.State == ActionState.Acknowledged)
            return false;
        bool last = (await store.FindNewestAsync([action.DeviceId], CancellationToken.None)) is not [var newest, ..] || newest.Id == action.Id
            || newest.State is ActionState.Scheduled or ActionState.Cancelled;
        if (life.Owner is { } me && action.State == ActionState.Completed)
        {
            // Another node's, unless that node has died.
            if (!await store.TryClaimWindowAsync(action.Id, me, CancellationToken.None))
                return true;
            action = action with { Node = me };
        }
        if (action.State == ActionState.Completed && last)
        {
            CommandOutcome outcome = await router.ExecuteAsync(new ChargerAddress(action.ChargePoint, action.ConnectorId), ChargerCommand.Idle, _stopping.Token);
            if (outcome.ErrorCode is ErrorCodes.DeviceOffline or ErrorCodes.ChargerTimeout)
                return false;
            LogWindowClosed(action.Id, action.DeviceId, outcome.ErrorCode);
        }
        await store.TryUpdateAsync(action with { WindowClosedAt = time.GetUtcNow() }, [action.State], CancellationToken.None);
        return true;
    }

    /// <summary>Ends what an earlier life of this process left open; to be called once, before the doors open.</summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        bell.Heard = OnHeard;
        if (life.Owner is not null)
        {
            await SweepAsync(cancellationToken);
            return;
        }
        foreach (ActionRecord action in await store.ListUnfinishedAsync(cancellationToken))
        {
            if (action.State == ActionState.Scheduled)
            {
                agenda.Add(action);
                continue;
            }
            // Sent or about to be sent when the process ended: the outcome is unknown, and it is never sent twice (faults C13).
            if (action.DispatchedAt is not null)
                await EndAsync(action, CommandOutcome.Failed(ErrorCodes.ChargerTimeout, "The service restarted while the command was under way.", unknown: true));
            else
                agenda.Add(action, _born);
        }
        foreach (ActionRecord action in await store.ListOpenWindowsAsync(cancellationToken))
        {
            // One still to be carried out comes back to the agenda by its own end.
            if (action.State == ActionState.Completed)
                agenda.Add(action);
        }
    }

    /// <summary>
    /// Takes over what dead nodes and earlier lives of this one left under way, and puts down what is due soon. Safe on any number of nodes
    /// at once: conditional writes decide who does what.
    /// </summary>
    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (ActionRecord action in await store.AdoptAsync(life.Id, cancellationToken))
        {
            LogAdopted(action.Id, action.DeviceId);
            // Sent or about to be sent by who died: the outcome is unknown, and it is never sent twice (faults C13).
            if (action.DispatchedAt is not null)
                await EndAsync(action, CommandOutcome.Failed(ErrorCodes.ChargerTimeout, "The node that carried out the command ended while it was under way.", unknown: true));
            else
                agenda.Add(action, time.GetUtcNow());
        }
        foreach (ActionRecord action in await store.ListDueAsync(time.GetUtcNow() + options.LookAhead, cancellationToken))
            agenda.AddOnce(action);
    }

    private void Show(ActionRecord action)
    {
        index.Put(action);
        bell.Ring(action.DeviceId);
    }

    private void OnHeard(DeviceId device, ActionId? replaced)
    {
        index.Forget(device);
        if (replaced is { } old)
            _ = GiveUpAsync(old);
    }

    private Task GiveUpAsync(ActionId replaced) =>
        _executions.TryGetValue(replaced, out Execution? old) ? old.Cancellation.CancelAsync() : Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "Action {ActionId} of {DeviceId} is taken over from a node that ended")]
    private partial void LogAdopted(ActionId actionId, DeviceId deviceId);
}
