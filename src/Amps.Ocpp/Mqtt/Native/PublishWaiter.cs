using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;

namespace Amps.Ocpp.Mqtt.Native;

/// <summary>One publish that waits for its acknowledgement; used again once both the caller and the link are done with it.</summary>
internal sealed class PublishWaiter : IValueTaskSource<MqttPublishResult>
{
    private static readonly ConcurrentQueue<PublishWaiter> Pool = new();
    private const int PoolLimit = 1024;

    private ManualResetValueTaskSourceCore<MqttPublishResult> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;
    private CancellationToken _token;
    private int _completed;
    private int _owners;

    public static PublishWaiter Rent()
    {
        if (!Pool.TryDequeue(out var waiter))
            waiter = new PublishWaiter();
        waiter._completed = 0;
        waiter._owners = 2;
        return waiter;
    }

    public ValueTask<MqttPublishResult> AsValueTask(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _token = cancellationToken;
            _cancellation = cancellationToken.UnsafeRegister(static waiter => ((PublishWaiter)waiter!).Cancel(), this);
        }
        return new ValueTask<MqttPublishResult>(this, _core.Version);
    }

    /// <summary>Called once by the link, which forgets the waiter with it.</summary>
    public void Complete(MqttPublishResult result)
    {
        if (Interlocked.Exchange(ref _completed, 1) == 0)
            _core.SetResult(result);
        Release();
    }

    public MqttPublishResult GetResult(short token)
    {
        // Waits for a cancellation callback that runs right now, so that it cannot meet the next use.
        _cancellation.Dispose();
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            Release();
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel()
    {
        if (Interlocked.Exchange(ref _completed, 1) == 0)
            _core.SetException(new OperationCanceledException(_token));
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref _owners) != 0)
            return;
        _core.Reset();
        _cancellation = default;
        _token = default;
        if (Pool.Count < PoolLimit)
            Pool.Enqueue(this);
    }
}
