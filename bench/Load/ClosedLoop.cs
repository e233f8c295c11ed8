namespace Amps.Ocpp.Bench.Load;

/// <summary>One step after the other on every client, all clients side by side.</summary>
/// <param name="steps">For each client: one request and its answer.</param>
internal sealed class ClosedLoop(IReadOnlyList<Func<ValueTask>> steps) : ILoad
{
    private volatile bool _stop;

    public async Task<long> RunAsync(TimeSpan length)
    {
        _stop = false;
        Task<long>[] clients = [.. steps.Select(step => Task.Run(() => RepeatAsync(step)))];
        await Task.WhenAny(Task.Delay(length), Task.WhenAll(clients));
        _stop = true;
        long[] counts = await Task.WhenAll(clients);
        return counts.Sum();
    }

    private async Task<long> RepeatAsync(Func<ValueTask> step)
    {
        long count = 0;
        while (!_stop)
        {
            await step();
            count++;
        }
        return count;
    }
}
