namespace Amps.Ocpp.Webhooks;

/// <summary>What the dispatcher knows of one endpoint between two attempts. Used under the dispatcher's gate only.</summary>
internal sealed class EndpointLane
{
    private const int PatientFailures = 5;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private int _failures;

    public int InFlight { get; set; }

    /// <summary>Nothing is sent to the endpoint before then.</summary>
    public DateTimeOffset PausedUntil { get; private set; }

    /// <summary>Nothing is remembered that a new lane would not know.</summary>
    public bool IsIdle(DateTimeOffset now) => InFlight == 0 && _failures == 0 && PausedUntil <= now;

    /// <summary>How many more may be sent now. One at a time while it fails, so that a dead receiver holds little (faults N2, N12).</summary>
    public int Free(int limit, DateTimeOffset now) => PausedUntil > now ? 0 : Math.Max(0, (_failures > 0 ? 1 : limit) - InFlight);

    /// <summary>Forgets what went wrong before.</summary>
    public void Resume()
    {
        _failures = 0;
        PausedUntil = default;
    }

    /// <summary>Takes note of an attempt's end; a receiver that keeps failing, or asked for it, is left alone for a while.</summary>
    public void Note(bool failed, TimeSpan retryAfter, DateTimeOffset now)
    {
        _failures = failed ? _failures + 1 : 0;
        TimeSpan pause = retryAfter;
        if (_failures >= PatientFailures)
        {
            TimeSpan own = FirstPause * Math.Pow(2, Math.Min(_failures - PatientFailures, 10));
            own = own < LongestPause ? own : LongestPause;
            pause = pause > own ? pause : own;
        }
        PausedUntil = now + pause;
    }
}
