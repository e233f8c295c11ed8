namespace Amps.Ocpp.Chargers;

/// <summary>
/// A bounded inbox with one handler at a time and no queue, thread, task or timer while it is empty: whoever posts into an idle
/// inbox runs it, on the thread pool or, where the caller can afford it, on its own thread.
/// </summary>
public abstract class Mailbox : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly int _capacity;

    // Made when an item finds the inbox running or must not run it, given up with the last one: an idle inbox has none.
    private Queue<object>? _waiting;
    private bool _running;

    private protected Mailbox(int capacity) => _capacity = capacity;

    /// <summary>Handles one item; never awaits, never throws.</summary>
    private protected abstract void Handle(object item);

    /// <summary>Posts an item; false when the inbox is full.</summary>
    private protected bool TryPost(object item)
    {
        lock (_gate)
        {
            if (_waiting?.Count >= _capacity)
                return false;
            (_waiting ??= new Queue<object>()).Enqueue(item);
            if (_running)
                return true;
            _running = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return true;
    }

    /// <summary>
    /// Posts an item and ends when it has been handled: what is answered after that is known to every reader. An idle inbox is
    /// run by the caller; in a full one its posters wait, each with its one item.
    /// </summary>
    private protected ValueTask PostAsync(object item)
    {
        lock (_gate)
        {
            if (_running)
            {
                // An end marker behind the item tells when it was handled.
                var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting ??= new Queue<object>();
                _waiting.Enqueue(item);
                _waiting.Enqueue(end);
                return new ValueTask(end.Task);
            }
            _running = true;
        }
        Handle(item);
        Drain();
        return ValueTask.CompletedTask;
    }

    void IThreadPoolWorkItem.Execute() => Drain();

    private void Drain()
    {
        while (TryTakeNext(out object? item))
        {
            if (item is TaskCompletionSource end)
                end.TrySetResult();
            else
                Handle(item);
        }
    }

    /// <summary>The next item; false when there is none: whoever posts from then on runs the inbox.</summary>
    private bool TryTakeNext([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out object? item)
    {
        lock (_gate)
        {
            item = null;
            if (_waiting?.TryDequeue(out item) == true)
                return true;
            _waiting = null;
            _running = false;
            return false;
        }
    }
}
