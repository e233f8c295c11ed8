namespace Amps.Ocpp.Chargers;

/// <summary>A moment on the monotonic clock, so that a jump of the wall clock changes no time-out (faults C19).</summary>
internal sealed class Deadline : IDisposable
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _limit;
    private readonly long _start;
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _linked;

    public Deadline(TimeProvider time, TimeSpan limit, CancellationToken cancellationToken)
    {
        _time = time;
        _limit = limit;
        _start = time.GetTimestamp();
        _timer = new CancellationTokenSource(limit, time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, cancellationToken);
    }

    /// <summary>Ends with the deadline or with the command: what has not been sent by then must not go out any more.</summary>
    public CancellationToken Token => _linked.Token;

    /// <summary>What is left; never negative.</summary>
    public TimeSpan Left
    {
        get
        {
            TimeSpan left = _limit - _time.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public void Dispose()
    {
        _linked.Dispose();
        _timer.Dispose();
    }
}
