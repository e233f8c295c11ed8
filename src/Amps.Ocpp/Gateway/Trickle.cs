namespace Amps.Ocpp.Gateway;

/// <summary>Spreads many small deeds over a time, so that those whom they send elsewhere do not arrive there all at once.</summary>
internal static class Trickle
{
    /// <summary>Few enough to be done at once.</summary>
    public const int AtOnce = 20;

    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(20);

    /// <summary>Does it for each, evenly, within the time even where a step comes late.</summary>
    public static async Task RunAsync<T>(IReadOnlyList<T> all, TimeSpan within, Action<T> each, TimeProvider time)
    {
        long start = time.GetTimestamp();
        for (int done = 0; done < all.Count;)
        {
            if (done > 0)
                await Task.Delay(s_step, time);
            int due = Math.Max(done + AtOnce, (int)(all.Count * Math.Min(1, time.GetElapsedTime(start) / within)));
            for (; done < Math.Min(due, all.Count); done++)
                each(all[done]);
        }
    }
}
