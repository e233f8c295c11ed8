namespace Amps.Ocpp.Tests.Support;

/// <summary>
/// A clock that stands still until it is advanced. Timers fire on the thread that advances it, in the order they are due, each
/// at its own time.
/// </summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly DateTimeOffset _start;
    private long _elapsedTicks;
    private long _wallClockTicks;

    public ManualTimeProvider()
        : this(new DateTimeOffset(2025, 6, 1, 12, 0, 0, TimeSpan.Zero))
    {
    }

    public ManualTimeProvider(DateTimeOffset start) => _start = start;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How many timers wait to fire.</summary>
    public int ActiveTimers
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count;
            }
        }
    }

    public override DateTimeOffset GetUtcNow() => _start.AddTicks(Volatile.Read(ref _elapsedTicks) + Volatile.Read(ref _wallClockTicks));

    /// <summary>Somebody sets the wall clock; no time passes.</summary>
    public void SetWallClock(TimeSpan by) => Interlocked.Add(ref _wallClockTicks, by.Ticks);

    public override long GetTimestamp() => Volatile.Read(ref _elapsedTicks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock on and fires what falls due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var end = Volatile.Read(ref _elapsedTicks) + by.Ticks;
        while (TakeDue(end) is { } timer)
        {
            timer.Fire();
        }

        Volatile.Write(ref _elapsedTicks, end);
    }

    /// <summary>The process stands still: time passes, and what fell due meanwhile fires once, late, when the clock is next advanced.</summary>
    public void StandStill(TimeSpan time)
    {
        lock (_gate)
        {
            Volatile.Write(ref _elapsedTicks, _elapsedTicks + time.Ticks);
            foreach (var timer in _timers)
            {
                timer.Due = Math.Max(timer.Due, _elapsedTicks);
            }
        }
    }

    private ManualTimer? TakeDue(long end)
    {
        lock (_gate)
        {
            var timer = _timers.Where(candidate => candidate.Due <= end).MinBy(candidate => candidate.Due);
            if (timer is null)
            {
                return null;
            }

            Volatile.Write(ref _elapsedTicks, Math.Max(_elapsedTicks, timer.Due));
            _timers.Remove(timer);
            if (timer.Period > 0)
            {
                timer.Due += timer.Period;
                _timers.Add(timer);
            }

            return timer;
        }
    }

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        public long Due { get; set; }

        public long Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
                Period = period > TimeSpan.Zero ? period.Ticks : 0;
                if (dueTime >= TimeSpan.Zero)
                {
                    Due = clock._elapsedTicks + dueTime.Ticks;
                    clock._timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
