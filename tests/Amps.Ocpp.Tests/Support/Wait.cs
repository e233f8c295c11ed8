namespace Amps.Ocpp.Tests.Support;

/// <summary>Waits for a condition, with a limit so generous that only a hang reaches it.</summary>
public static class Wait
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var end = Environment.TickCount64 + (long)Limit.TotalMilliseconds;
        while (!await condition())
        {
            if (Environment.TickCount64 > end)
                throw new TimeoutException($"Waited in vain: {what}.");
            await Task.Delay(10);
        }
    }

    public static async Task<T> ForAsync<T>(ValueTask<T> task) => await task.AsTask().WaitAsync(Limit);
}
