using Amps.Ocpp.Gateway;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Gateway;

/// <summary>How the links of a node that goes down are spread over time.</summary>
public sealed class TrickleTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly List<int> _done = [];

    private Task RunAsync(int count) => Trickle.RunAsync([.. Enumerable.Range(0, count)], TimeSpan.FromSeconds(3), _done.Add, _clock);

    private async Task StepAsync(int milliseconds)
    {
        await Wait.UntilAsync(() => _clock.ActiveTimers > 0, "it waits for its next step");
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
    }

    [Fact]
    public async Task A_few_go_at_once()
    {
        await RunAsync(Trickle.AtOnce);
        Assert.Equal(Enumerable.Range(0, Trickle.AtOnce), _done);
    }

    [Fact]
    [Trait("row", "D13")]
    public async Task Many_go_evenly_and_all_of_them_in_time()
    {
        Task run = RunAsync(15_000);
        Assert.Equal(Trickle.AtOnce, _done.Count);
        for (int i = 1; i < 150; i++)
        {
            await StepAsync(20);
            await Wait.UntilAsync(() => _clock.ActiveTimers > 0, "the step is done");
            Assert.InRange(_done.Count, (i * 100) - 1, (i * 100) + Trickle.AtOnce);
        }
        await StepAsync(20);
        await run.WaitAsync(Wait.Limit);
        Assert.Equal(Enumerable.Range(0, 15_000), _done);
    }

    [Fact]
    public async Task What_a_late_step_missed_is_made_up_for()
    {
        Task run = RunAsync(15_000);
        await StepAsync(2900);
        await Wait.UntilAsync(() => _done.Count >= 14_400, "the late step");
        await StepAsync(100);
        await run.WaitAsync(Wait.Limit);
        Assert.Equal(15_000, _done.Count);
    }
}
