using System.Diagnostics;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage.Sqlite;

/// <summary>One write on its way to a commit. Its caller may give it up only while no commit has taken it.</summary>
internal abstract class WriteItem
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int GivenUp = 2;

    private int _state;

    public long RequestedAt { get; } = Stopwatch.GetTimestamp();

    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    public bool TryGiveUp() => Interlocked.CompareExchange(ref _state, GivenUp, Waiting) == Waiting;

    /// <summary>Runs the statements; its result is held back until <see cref="Succeed"/>.</summary>
    public abstract void Run(SqlSession session);

    public abstract void Succeed();

    public abstract void Fail(Exception exception);
}

/// <inheritdoc cref="WriteItem"/>
internal sealed class WriteItem<T>(Func<SqlSession, T> write) : WriteItem
{
    // Callers go on elsewhere: the writer's next commit must not wait for what they do with the result.
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    public Task<T> Task => _done.Task;

    public override void Run(SqlSession session) => _result = write(session);

    public override void Succeed() => _done.TrySetResult(_result!);

    public override void Fail(Exception exception) => _done.TrySetException(exception);
}
