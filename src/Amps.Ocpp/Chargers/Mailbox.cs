using System.Threading.Channels;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// A bounded inbox with one handler at a time and no thread, task or timer while it is empty: whoever posts into an idle
/// inbox runs it, on the thread pool or, where the caller can afford it, on its own thread.
/// </summary>
public abstract class Mailbox : IThreadPoolWorkItem
{
    private readonly Channel<object> _inbox;
    private int _running;

    private protected Mailbox(int capacity) =>
        _inbox = Channel.CreateBounded<object>(new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    /// <summary>Handles one item; never awaits, never throws.</summary>
    private protected abstract void Handle(object item);

    /// <summary>Posts an item; false when the inbox is full.</summary>
    private protected bool TryPost(object item)
    {
        if (!_inbox.Writer.TryWrite(item))
            return false;
        if (Interlocked.Exchange(ref _running, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return true;
    }

    /// <summary>
    /// Posts an item, waiting for room if there is none, and ends when it has been handled: what is answered after that is
    /// known to every reader. An idle inbox is run by the caller.
    /// </summary>
    private protected ValueTask PostAsync(object item)
    {
        if (!_inbox.Writer.TryWrite(item))
            return PostAndWaitAsync(item);
        if (Interlocked.Exchange(ref _running, 1) != 0)
            return PostAndWaitAsync(item: null);
        Drain();
        return ValueTask.CompletedTask;
    }

    /// <summary>Somebody else runs the inbox: an end marker behind the item tells when it was handled.</summary>
    private async ValueTask PostAndWaitAsync(object? item)
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (item is not null)
            await _inbox.Writer.WriteAsync(item);
        await _inbox.Writer.WriteAsync(end);
        if (Interlocked.Exchange(ref _running, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        await end.Task;
    }

    void IThreadPoolWorkItem.Execute() => Drain();

    private void Drain()
    {
        do
        {
            while (_inbox.Reader.TryRead(out object? item))
            {
                if (item is TaskCompletionSource end)
                    end.TrySetResult();
                else
                    Handle(item);
            }
            // An item written between the last read and this release has no runner of its own: look again, after a full fence.
            Interlocked.Exchange(ref _running, 0);
        }
        while (_inbox.Reader.Count > 0 && Interlocked.Exchange(ref _running, 1) == 0);
    }
}
