using System.Collections.Concurrent;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Gateway;

/// <summary>
/// Finds two charge points that fight over one identity: after three takeovers within ten minutes newcomers are held off,
/// longer each time (faults, "Duplicate connection", C3).
/// </summary>
internal sealed class TakeoverGuard(TimeProvider time)
{
    private const int Allowed = 3;
    private const int MaxEntries = 100_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<ChargePointId, Record> _takeovers = new();

    private sealed record Record(int Count, DateTimeOffset First, DateTimeOffset HeldUntil);

    /// <summary>How long newcomers of this identity are held off; zero = not at all.</summary>
    public TimeSpan Hold(ChargePointId id)
    {
        if (!_takeovers.TryGetValue(id, out Record? record))
            return TimeSpan.Zero;
        TimeSpan left = record.HeldUntil - time.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Notes a takeover; true when it is one too many, so that an alarm is due.</summary>
    public bool Note(ChargePointId id)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_takeovers.Count >= MaxEntries)
            _takeovers.Clear();
        Record record = _takeovers.AddOrUpdate(id, new Record(1, now, default), (_, known) =>
        {
            if (now - known.First > Window)
                return new Record(1, now, default);
            int count = known.Count + 1;
            return count <= Allowed
                ? known with { Count = count }
                : known with { Count = count, HeldUntil = now + TimeSpan.FromSeconds(Math.Min(10 * Math.Pow(2, count - Allowed - 1), 300)) };
        });
        return record.Count > Allowed;
    }
}
