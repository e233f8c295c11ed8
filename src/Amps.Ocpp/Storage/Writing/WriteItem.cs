using System.Diagnostics;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage.Writing;

/// <summary>One write on its way to a commit. Its caller may give it up only while no commit has taken it.</summary>
internal abstract class WriteItem
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int GivenUp = 2;
    private const int Ended = 3;

    private int _state;

    public long RequestedAt { get; } = Stopwatch.GetTimestamp();

    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    public bool TryGiveUp() => Interlocked.CompareExchange(ref _state, GivenUp, Waiting) == Waiting;

    /// <summary>Its caller is told that it failed although a commit may still carry it; false = it has ended already.</summary>
    public bool TryDisown() => Interlocked.CompareExchange(ref _state, GivenUp, Taken) == Taken;

    /// <summary>Tells the caller that it is on disk; false = the caller gave up meanwhile, and what was written is to be undone.</summary>
    public bool TrySucceed()
    {
        if (Interlocked.CompareExchange(ref _state, Ended, Taken) != Taken)
            return false;
        Succeed();
        return true;
    }

    /// <summary>The statement the write begins with, when it is known beforehand; null = only <see cref="Run"/> knows.</summary>
    public virtual SqlStatement? Statement => null;

    /// <summary>Goes on after <see cref="Statement"/> was run by somebody else, who found this number, or no row.</summary>
    public virtual void Continue(SqlSession session, long? found) => throw new NotSupportedException();

    /// <summary>Takes back what a commit carried though its caller was told that it failed.</summary>
    public virtual void Undo(SqlSession session)
    {
        // Most writes say what is so, and may stay.
    }

    /// <summary>Runs the statements; its result is held back until <see cref="TrySucceed"/>.</summary>
    public abstract void Run(SqlSession session);

    public abstract void Fail(Exception exception);

    protected abstract void Succeed();
}

/// <inheritdoc cref="WriteItem"/>
internal sealed class WriteItem<T>(Func<SqlSession, T> write, SqlWrite<T>? known = null) : WriteItem
{
    // Callers go on elsewhere: the writer's next commit must not wait for what they do with the result.
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    public Task<T> Task => _done.Task;

    public override SqlStatement? Statement => known?.Statement;

    public override void Run(SqlSession session) => _result = write(session);

    public override void Continue(SqlSession session, long? found) => _result = known!.Then(session, found);

    public override void Undo(SqlSession session) => known?.Undo?.Invoke(session);

    public override void Fail(Exception exception) => _done.TrySetException(exception);

    protected override void Succeed() => _done.TrySetResult(_result!);
}
