namespace Amps.Ocpp.Dialects;

/// <summary>
/// How far a charge point's clock is off, so that what it kept while it was away can be told from what it says of now by a wrong
/// clock (quirk Q27, faults P6 and P24). A replay goes faster than time itself; a wrong clock goes on at its own distance.
/// </summary>
internal sealed class ChargerClock(TimeProvider time)
{
    /// <summary>Within this a time counts as now.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>No clock is so far off: it is no clock.</summary>
    private static readonly TimeSpan s_furthest = TimeSpan.FromDays(36_525);

    private static readonly TimeSpan s_steady = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_steadyFor = TimeSpan.FromSeconds(20);

    private TimeSpan _distance;
    private long _distanceSince;
    private int _distanceSeen;

    /// <summary>What must be added to its times to get ours; zero while nothing else is known.</summary>
    public TimeSpan Behind { get; private set; }

    /// <summary>A time of the charge point in ours; at the ends of the calendar it stays there.</summary>
    public static DateTimeOffset? Correct(DateTimeOffset? told, TimeSpan behind) => told is { } at
        ? new DateTimeOffset(Math.Clamp(at.UtcTicks + behind.Ticks, DateTimeOffset.MinValue.Ticks, DateTimeOffset.MaxValue.Ticks), TimeSpan.Zero)
        : null;

    /// <summary>What it tells with this time happened a while ago. A time that cannot be read is taken as now.</summary>
    public bool IsPast(DateTimeOffset? told) => told is { } at && time.GetUtcNow() - at - Behind > Tolerance;

    /// <summary>Something told with this time is known to be of now.</summary>
    public void Learn(DateTimeOffset told)
    {
        TimeSpan behind = time.GetUtcNow() - told;
        if (behind.Duration() > s_furthest)
            return;
        Behind = behind.Duration() > Tolerance ? behind : TimeSpan.Zero;
        _distanceSeen = 0;
    }

    /// <summary>Whether a periodic message with this time was kept from before; several at a steady distance show a wrong clock instead.</summary>
    public bool IsReplayed(DateTimeOffset? told)
    {
        if (told is not { } at)
            return false;
        TimeSpan age = time.GetUtcNow() - at - Behind;
        if (age.Duration() <= Tolerance)
        {
            _distanceSeen = 0;
            return false;
        }
        // Nothing is kept from the future.
        if (age < TimeSpan.Zero)
        {
            Learn(at);
            return false;
        }
        if (_distanceSeen == 0 || (age - _distance).Duration() > s_steady)
        {
            _distance = age;
            _distanceSince = time.GetTimestamp();
            _distanceSeen = 1;
            return true;
        }
        if (++_distanceSeen < 3 || time.GetElapsedTime(_distanceSince) < s_steadyFor)
            return true;
        Learn(at);
        return false;
    }
}
