using System.Collections.Concurrent;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// Which of a flood of security events are kept: of each charge point, told by it and found about it apart, the first of each minute
/// and then a sample, so that one that floods costs the store little and pushes out little (faults P26).
/// </summary>
internal sealed class EventSampling(TimeProvider time)
{
    /// <summary>Kept of each minute before sampling begins.</summary>
    public const int KeptPerMinute = 50;

    /// <summary>One of so many is kept from then on.</summary>
    public const int SampleOf = 100;

    private ConcurrentDictionary<(string?, bool), int> _counts = new();
    private long _minute;

    /// <summary>Counts one; false = it is left out.</summary>
    public bool Keeps(ChargePointId? chargePoint, bool told)
    {
        long minute = time.GetTimestamp() / time.TimestampFrequency / 60;
        if (Interlocked.Exchange(ref _minute, minute) != minute)
            _counts = new ConcurrentDictionary<(string?, bool), int>();
        int count = _counts.AddOrUpdate((chargePoint?.Value, told), 1, static (_, before) => before + 1);
        return count <= KeptPerMinute || (count - KeptPerMinute) % SampleOf == 0;
    }
}
