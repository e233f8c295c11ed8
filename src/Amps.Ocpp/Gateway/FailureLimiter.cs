using System.Collections.Concurrent;

namespace Amps.Ocpp.Gateway;

/// <summary>
/// Slows down whoever tries passwords: after five failures within a minute for one identity from one address, that pair
/// waits, longer each time. Another address with the right password is never affected (charger behaviour, section 2).
/// </summary>
internal sealed class FailureLimiter(TimeProvider time)
{
    private const int Free = 5;
    private const int MaxEntries = 20_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<(string Identity, string Address), Record> _failures = new();

    private sealed record Record(int Count, DateTimeOffset First, DateTimeOffset BlockedUntil);

    /// <summary>How long this pair still has to wait; zero = it may try.</summary>
    public TimeSpan Wait(string identity, string address)
    {
        if (!_failures.TryGetValue((identity, address), out Record? record))
            return TimeSpan.Zero;
        TimeSpan left = record.BlockedUntil - time.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    public void Failed(string identity, string address)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_failures.Count >= MaxEntries)
            Sweep(now);
        _failures.AddOrUpdate((identity, address), new Record(1, now, default), (_, known) =>
        {
            if (now - known.First > Window && now > known.BlockedUntil + Window)
                return new Record(1, now, default);
            int count = known.Count + 1;
            if (count < Free)
                return known with { Count = count };
            TimeSpan wait = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, count - Free + 1), LongestWait.TotalSeconds));
            return new Record(count, known.First, now + wait);
        });
    }

    public void Succeeded(string identity, string address) => _failures.TryRemove((identity, address), out _);

    private void Sweep(DateTimeOffset now)
    {
        foreach (KeyValuePair<(string, string), Record> entry in _failures)
        {
            if (now - entry.Value.First > Window && now > entry.Value.BlockedUntil)
                _failures.TryRemove(entry.Key, out _);
        }
        // A flood of identities within the window: forgetting is better than growing.
        if (_failures.Count >= MaxEntries)
            _failures.Clear();
    }
}
