using Amps.Ocpp.Model;

namespace Amps.Ocpp.Actions;

/// <summary>
/// What is due when: starts of scheduled actions and ends of windows, in order of time. It only remembers; the store decides
/// whether an entry still holds when its time has come.
/// </summary>
public sealed class Agenda
{
    private readonly PriorityQueue<ActionRecord, DateTimeOffset> _entries = new();
    private readonly HashSet<ActionId> _down = [];
    private readonly Lock _gate = new();
    private TaskCompletionSource _earlier = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when an entry was added that may be due before all others.</summary>
    public Task Earlier
    {
        get
        {
            lock (_gate)
                return _earlier.Task;
        }
    }

    /// <summary>Puts a scheduled action down for its start, any other for the end of its window.</summary>
    public void Add(ActionRecord action) => Add(action, (action.State == ActionState.Scheduled ? action.Start : action.End) ?? default);

    /// <summary>The same for one that may be down already.</summary>
    public void AddOnce(ActionRecord action)
    {
        lock (_gate)
        {
            if (!_down.Contains(action.Id))
                Add(action);
        }
    }

    /// <summary>Puts an action down for a time of its own.</summary>
    public void Add(ActionRecord action, DateTimeOffset due)
    {
        lock (_gate)
        {
            _entries.Enqueue(action, due);
            _down.Add(action.Id);
            _earlier.TrySetResult();
            _earlier = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Takes the first entry if it is due, else tells when it will be; null = nothing is down.</summary>
    public (ActionRecord? Due, DateTimeOffset? Next) Take(DateTimeOffset now)
    {
        lock (_gate)
        {
            if (!_entries.TryPeek(out ActionRecord? first, out DateTimeOffset due))
                return (null, null);
            if (due > now)
                return (null, due);
            _down.Remove(first.Id);
            return (_entries.Dequeue(), null);
        }
    }
}
