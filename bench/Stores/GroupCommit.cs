using System.Collections.Concurrent;
using Amps.Ocpp.Actions;

namespace Amps.Ocpp.Bench.Stores;

/// <summary>The plainest group commit: what waits when the last commit ends is the next one.</summary>
internal sealed class GroupCommit : IDisposable
{
    private const int MaxBatch = 512;

    private readonly IBareActions _actions;
    private readonly BlockingCollection<Waiting> _queue = [];
    private readonly Thread _thread;

    private sealed record Waiting(ActionRecord Action, TaskCompletionSource Done);

    public GroupCommit(IBareActions actions)
    {
        _actions = actions;
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public Task InsertAsync(ActionRecord action)
    {
        var waiting = new Waiting(action, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _queue.Add(waiting);
        return waiting.Done.Task;
    }

    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        _queue.Dispose();
        _actions.Dispose();
    }

    private void Run()
    {
        var batch = new List<Waiting>();
        while (_queue.TryTake(out Waiting? first, Timeout.Infinite))
        {
            batch.Add(first);
            while (batch.Count < MaxBatch && _queue.TryTake(out Waiting? next))
                batch.Add(next);
            _actions.InsertTogether([.. batch.Select(waiting => waiting.Action)]);
            foreach (Waiting waiting in batch)
                waiting.Done.SetResult();
            batch.Clear();
        }
    }
}
