using System.Collections.Concurrent;
using Amps.Ocpp.Ocppj.Diagnostics;

namespace Amps.Ocpp.Recording;

/// <summary>
/// The newest frames of every charge point, both ways, secrets masked before they are kept (operator surface, section 2).
/// At most 200 frames and 64 KiB of a charge point; where all together would need more than their share of memory, those
/// that were silent longest are forgotten.
/// </summary>
public sealed class FlightRecorder(TimeProvider time, long memoryLimit = FlightRecorder.DefaultMemoryLimit) : IFrameTap
{
    /// <summary>Bytes that all charge points together may use.</summary>
    public const long DefaultMemoryLimit = 64L * 1024 * 1024;

    /// <summary>Frames kept of one charge point at most.</summary>
    public const int MaxFrames = FrameRing.MaxFrames;

    private readonly ConcurrentDictionary<string, FrameRing> _rings = new(StringComparer.Ordinal);
    private readonly MemoryBudget _budget = new(memoryLimit);
    private int _tidying;

    /// <summary>Bytes in use.</summary>
    public long MemoryUsed => _budget.Used;

    /// <inheritdoc/>
    public void OnReceived(string identity, ReadOnlySpan<byte> frame) => Keep(identity, fromChargePoint: true, frame);

    /// <inheritdoc/>
    public void OnSending(string identity, ReadOnlySpan<byte> frame) => Keep(identity, fromChargePoint: false, frame);

    /// <summary>The newest frames first.</summary>
    /// <param name="identity">A charge point, spelled as the registry spells it.</param>
    /// <param name="limit">How many at most.</param>
    public IReadOnlyList<RecordedFrame> Read(string identity, int limit) =>
        _rings.TryGetValue(identity, out FrameRing? ring) ? ring.Read(limit) : [];

    /// <summary>Forgets a charge point.</summary>
    public void Forget(string identity)
    {
        if (_rings.TryRemove(identity, out FrameRing? ring))
            ring.Drop();
    }

    private void Keep(string identity, bool fromChargePoint, ReadOnlySpan<byte> frame)
    {
        ReadOnlySpan<byte> text = FrameRedactor.Redact(frame);
        long now = time.GetUtcNow().UtcTicks;
        if (TryKeep(identity, fromChargePoint, text, now) && !_budget.IsSpent)
            return;
        Tidy();
        TryKeep(identity, fromChargePoint, text, now, onlyIfEmpty: true);
    }

    private bool TryKeep(string identity, bool fromChargePoint, ReadOnlySpan<byte> text, long now, bool onlyIfEmpty = false)
    {
        while (true)
        {
            FrameRing ring = _rings.GetOrAdd(identity, static (_, budget) => new FrameRing(budget), _budget);
            if (onlyIfEmpty && !ring.IsEmpty)
                return true;
            // A ring that was given up in this moment has left the table before.
            if (ring.Add(now, fromChargePoint, text) is { } kept)
                return kept;
        }
    }

    /// <summary>Forgets the quarter that was silent longest.</summary>
    private void Tidy()
    {
        if (Interlocked.Exchange(ref _tidying, 1) != 0)
            return;
        try
        {
            foreach (KeyValuePair<string, FrameRing> old in _rings.ToArray().OrderBy(ring => ring.Value.LastTicks).Take((_rings.Count / 4) + 1))
                Forget(old.Key);
        }
        finally
        {
            Volatile.Write(ref _tidying, 0);
        }
    }
}
