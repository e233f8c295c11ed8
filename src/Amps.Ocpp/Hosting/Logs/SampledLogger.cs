using System.Collections.Concurrent;

namespace Amps.Ocpp.Hosting.Logs;

/// <summary>One category's logger; see <see cref="SampledLoggerFactory"/>.</summary>
internal sealed class SampledLogger(ILogger inner, TimeProvider time, int linesPerSecond) : ILogger, IDisposable
{
    private readonly TimeProvider _time = time;
    private readonly ConcurrentDictionary<(LogLevel Level, int Id, string? Name), Kind> _kinds = new();

    /// <summary>Lines of one kind that are written in each second; 0: all.</summary>
    private int LinesPerSecond { get; } = linesPerSecond;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel < LogLevel.Warning || logLevel == LogLevel.None || !inner.IsEnabled(logLevel) || LinesPerSecond == 0 || KindOf(logLevel, eventId).MayWrite())
            inner.Log(logLevel, eventId, state, exception, formatter);
    }

    public void Dispose()
    {
        foreach (Kind kind in _kinds.Values)
            kind.Dispose();
    }

    // The texts of events are constants of the code, so their number is bounded.
    private Kind KindOf(LogLevel level, EventId id) =>
        _kinds.GetOrAdd((level, id.Id, id.Name), static (key, owner) => new Kind(owner, owner._time, key.Level, new EventId(key.Id, key.Name)), this);

    private void TellLeftOut(LogLevel level, EventId id, long count) => inner.Log(
        level, id, count, null, (left, _) => $"{left} more lines of this kind ({id.Name ?? "unnamed"}) were left out within a second");

    private sealed class Kind(SampledLogger owner, TimeProvider time, LogLevel level, EventId id) : IDisposable
    {
        private readonly Lock _gate = new();
        private long _from;
        private int _written;
        private long _leftOut;
        private ITimer? _timer;

        public bool MayWrite()
        {
            lock (_gate)
            {
                long now = time.GetTimestamp();
                // While lines are left out the timer ends the second, so that they are told in it.
                if (_leftOut == 0 && (_written == 0 || now - _from >= time.TimestampFrequency))
                {
                    _from = now;
                    _written = 0;
                }
                if (_written < owner.LinesPerSecond)
                {
                    _written++;
                    return true;
                }
                if (_leftOut++ == 0)
                {
                    TimeSpan left = TimeSpan.FromSeconds(1) - time.GetElapsedTime(_from, now);
                    _timer ??= time.CreateTimer(static kind => ((Kind)kind!).EndSecond(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                    _timer.Change(left, Timeout.InfiniteTimeSpan);
                }
                return false;
            }
        }

        public void Dispose() => _timer?.Dispose();

        private void EndSecond()
        {
            long leftOut;
            lock (_gate)
            {
                (leftOut, _leftOut, _written) = (_leftOut, 0, 0);
            }
            owner.TellLeftOut(level, id, leftOut);
        }
    }
}
