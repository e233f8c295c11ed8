using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>How waiting for a state ended.</summary>
public enum WaitEnd
{
    Met,
    TimedOut,
    LinkLost,
}

/// <summary>
/// One canonical charger: a connector of a charge point. Its state is written by the charge point's loop alone and read by
/// anyone through one volatile read.
/// </summary>
public sealed class Charger
{
    private readonly List<StateWaiter> _waiters = [];
    private volatile ChargerState _state;
    private readonly LiveRefresh _refresh;
    private int _marks;

    internal Charger(ChargePoint chargePoint, int connectorId, ChargerState state)
    {
        ChargePoint = chargePoint;
        ConnectorId = connectorId;
        _state = state;
        Cap = new CapKeeper(this);
        Commands = new CommandRunner(this);
        Transactions = new TransactionKeeper(this);
        _refresh = new LiveRefresh(this);
    }

    public ChargePoint ChargePoint { get; }

    /// <summary>Connector (1.6) or EVSE (2.x), ≥ 1.</summary>
    public int ConnectorId { get; }

    public DeviceId DeviceId => _state.DeviceId;

    public ChargerState State => _state;

    /// <summary>Why the desired cap is not in force; null = it is, as far as is known, or none is desired.</summary>
    public string? UnmetLimit => Cap.Unmet;

    /// <summary>What showed the cap in force: <c>compositeSchedule</c>, <c>offered</c>, <c>measured</c>, <c>storedProfile</c>; null = unverified, or unmet.</summary>
    public string? CapVerifiedBy => Cap.Unmet is null ? Cap.Proof.By : null;

    /// <summary>Its device is not in the registry any more: nothing of it is told from here on.</summary>
    public bool Removed { get; internal set; }

    /// <summary>The link on which what others left for this connector was cleared because it stood above the cap.</summary>
    internal IChargePointSession? ForeignTriedOn { get; set; }

    internal CapKeeper Cap { get; }

    internal CommandRunner Commands { get; }

    internal TransactionKeeper Transactions { get; }

    /// <summary>Carries out a command and ends when the charger has shown its effect, refused it, or time is up.</summary>
    public Task<CommandOutcome> ExecuteAsync(ChargerCommand command, CancellationToken cancellationToken) =>
        Commands.RunAsync(command, cancellationToken);

    /// <summary>Asks the charger for its status and its measurements now; true when it told them within the budget.</summary>
    public Task<bool> RefreshAsync(TimeSpan budget) => _refresh.RunAsync(budget);

    /// <summary>Sets an observer's mark; false when it was set already, so that changes coalesce without a queue.</summary>
    public bool TryMark(int mark) => (Interlocked.Or(ref _marks, mark) & mark) == 0;

    /// <summary>Whether an observer's mark is set.</summary>
    public bool IsMarked(int mark) => (Volatile.Read(ref _marks) & mark) != 0;

    /// <summary>Clears an observer's mark; to be done before the state is read.</summary>
    public void Unmark(int mark) => Interlocked.And(ref _marks, ~mark);

    /// <summary>Waits until the state satisfies the condition, the link goes down or the time is up.</summary>
    public async Task<WaitEnd> WaitAsync(Func<ChargerState, bool> condition, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        if (condition(_state))
            return WaitEnd.Met;
        if (limit <= TimeSpan.Zero)
            return WaitEnd.TimedOut;
        var waiter = new StateWaiter(this, condition);
        ChargePoint.Post(waiter);
        try
        {
            return await waiter.Completion.Task.WaitAsync(limit, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return WaitEnd.TimedOut;
        }
        finally
        {
            waiter.Abandoned = true;
        }
    }

    // Below: the loop's side.

    internal void Set(ChargerState state)
    {
        _state = state;
        for (int i = _waiters.Count - 1; i >= 0; i--)
        {
            if (_waiters[i].Abandoned || _waiters[i].TryComplete(state))
                _waiters.RemoveAt(i);
        }
    }

    internal void Add(StateWaiter waiter)
    {
        _waiters.RemoveAll(static w => w.Abandoned);
        if (!waiter.TryComplete(_state))
            _waiters.Add(waiter);
    }

    internal void EndWaits()
    {
        foreach (StateWaiter waiter in _waiters)
            waiter.Completion.TrySetResult(WaitEnd.LinkLost);
        _waiters.Clear();
    }
}

/// <summary>Somebody who waits for a state; an item of the mailbox.</summary>
internal sealed class StateWaiter(Charger charger, Func<ChargerState, bool> condition)
{
    public Charger Charger => charger;

    public TaskCompletionSource<WaitEnd> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public volatile bool Abandoned;

    public bool TryComplete(ChargerState state)
    {
        if (!condition(state))
            return false;
        Completion.TrySetResult(WaitEnd.Met);
        return true;
    }
}
