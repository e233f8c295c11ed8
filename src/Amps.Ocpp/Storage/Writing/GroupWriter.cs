using System.Collections.Concurrent;
using Amps.Ocpp.Model;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage.Writing;

/// <summary>
/// The one writer, with group commit and no delay: a write that finds nobody writing commits on the thread of its caller;
/// those that come meanwhile wait and become the next commit together, on the writer's own thread. Who holds the gate owns
/// the <see cref="ICommitter"/>, and no two threads are ever in it.
/// </summary>
internal sealed class GroupWriter : IDisposable
{
    private readonly ICommitter _committer;
    private readonly StorageOptions _options;
    private readonly StorageHealth _health;
    private readonly StorageMetrics _metrics;
    private readonly ConcurrentQueue<WriteItem> _queue = new();
    private readonly List<WriteItem> _batch = [];
    private readonly object _wake = new();
    private readonly Thread _thread;
    private int _waiting;
    private int _gate;
    private bool _signalled;
    private volatile bool _stopping;

    public GroupWriter(ICommitter committer, StorageOptions options, StorageHealth health, StorageMetrics metrics)
    {
        _committer = committer;
        _options = options;
        _health = health;
        _metrics = metrics;
        _thread = new Thread(Run) { IsBackground = true, Name = "storage writer" };
        _thread.Start();
    }

    public Task<T> WriteAsync<T>(Func<SqlSession, T> write, CancellationToken cancellationToken) =>
        WriteAsync(new WriteItem<T>(write), cancellationToken);

    public Task<T> WriteAsync<T>(WriteItem<T> item, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);
        if (_stopping || !_health.Available)
            return Refuse<T>($"Storage is unavailable: {_health.Reason ?? "it closes."}");

        if (_committer.WasAloneAndFast && _queue.IsEmpty && TryEnter())
        {
            item.TryTake();
            _batch.Add(item);
            _committer.Commit(_batch);
            _batch.Clear();
            Leave();
            if (!_health.Available)
                Wake(); // The thread sleeps without end while all is well; now it has to probe.
            return item.Task;
        }
        if (Interlocked.Increment(ref _waiting) > _options.MaxWaitingWrites)
        {
            Interlocked.Decrement(ref _waiting);
            return Refuse<T>("Storage is unavailable: too many writes are waiting.");
        }
        _queue.Enqueue(item);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _gate) == 0)
            Wake();
        return WaitAsync(item, cancellationToken);
    }

    /// <summary>Commits what waits, then ends the thread and closes the connection.</summary>
    public void Dispose()
    {
        _stopping = true;
        Wake();
        _thread.Join();
        // A caller that passed the door before it closed may still hold the gate, or have queued behind the last batch.
        SpinWait.SpinUntil(TryEnter);
        _health.Stop();
        FailWaiting();
        _committer.Dispose();
    }

    private async Task<T> WaitAsync<T>(WriteItem<T> item, CancellationToken cancellationToken)
    {
        try
        {
            return await item.Task.WaitAsync(_options.WriteTimeout, cancellationToken);
        }
        catch (TimeoutException e)
        {
            // Given up while it waits, it will never run; taken, only the store knows, and an answer in time is worth more.
            if (!item.TryGiveUp() && !item.TryDisown())
                return await item.Task;
            _metrics.Failed(1);
            _health.Down($"no commit ended within {_options.WriteTimeout.TotalSeconds:0.#} s.");
            Wake();
            throw new StorageUnavailableException("Storage is unavailable: the write did not end in time.", e);
        }
        catch (OperationCanceledException) when (!item.TryGiveUp())
        {
            return await WaitAsync(item, CancellationToken.None);
        }
    }

    private void Run()
    {
        while (!_stopping || !_queue.IsEmpty)
        {
            AwaitWork();
            // Whoever holds the gate wakes this thread when leaving work behind.
            if (!TryEnter())
                continue;
            if (_queue.IsEmpty && _health.Available)
                _committer.Idle();
            if (_health.Available || (_health.DownFor >= _options.ProbeInterval && _committer.Probe()))
                CommitWaiting();
            else
                FailWaiting();
            Leave();
        }
    }

    private void AwaitWork()
    {
        lock (_wake)
        {
            if (!_signalled)
            {
                // While it closes, a caller may still be committing; it has no reason to wake anybody.
                TimeSpan pause = _stopping ? TimeSpan.FromMilliseconds(1)
                    : _health.Available ? _committer.IdleInterval
                    : _options.ProbeInterval;
                Monitor.Wait(_wake, pause);
            }
            _signalled = false;
        }
    }

    private void CommitWaiting()
    {
        while (_health.Available && Fill())
        {
            _committer.Commit(_batch);
            _batch.Clear();
        }
    }

    private bool Fill()
    {
        while (_batch.Count < _options.MaxBatch && _queue.TryDequeue(out WriteItem? item))
        {
            Interlocked.Decrement(ref _waiting);
            if (item.TryTake())
                _batch.Add(item);
        }
        return _batch.Count > 0;
    }

    private void FailWaiting()
    {
        while (Fill())
        {
            foreach (WriteItem item in _batch)
                item.Fail(new StorageUnavailableException($"Storage is unavailable: {_health.Reason}"));
            _metrics.Failed(_batch.Count);
            _batch.Clear();
        }
    }

    private bool TryEnter() => Interlocked.CompareExchange(ref _gate, 1, 0) == 0;

    private void Leave()
    {
        Volatile.Write(ref _gate, 0);
        Interlocked.MemoryBarrier();
        if (!_queue.IsEmpty)
            Wake();
    }

    private void Wake()
    {
        lock (_wake)
        {
            _signalled = true;
            Monitor.Pulse(_wake);
        }
    }

    private static Task<T> Refuse<T>(string message) => Task.FromException<T>(new StorageUnavailableException(message));
}
