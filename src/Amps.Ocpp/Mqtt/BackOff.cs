namespace Amps.Ocpp.Mqtt;

/// <summary>Pauses that double up to a limit, each shortened by chance so that many clients do not return together.</summary>
internal sealed class BackOff(TimeSpan first, TimeSpan limit)
{
    private int _doublings;

    public TimeSpan Next()
    {
        var pause = first * Math.Pow(2, _doublings);
        if (pause < limit)
            _doublings++;
        return Jittered(pause < limit ? pause : limit);
    }

    public void Reset() => _doublings = 0;

    /// <summary>Between half of <paramref name="pause"/> and all of it.</summary>
    public static TimeSpan Jittered(TimeSpan pause) => pause * (0.5 + (Random.Shared.NextDouble() / 2));
}
