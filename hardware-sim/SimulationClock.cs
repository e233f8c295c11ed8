using System.Collections.Concurrent;

namespace Amps.HardwareSim;

/// <summary>One timer for all simulated charge points of a process: each is stepped once a second.</summary>
public sealed class SimulationClock : IAsyncDisposable
{
    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<SimulatedHardware, bool> _members = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;

    public SimulationClock(TimeProvider? time = null)
    {
        Time = time ?? TimeProvider.System;
        _loop = Task.Run(RunAsync);
    }

    public TimeProvider Time { get; }

    internal void Add(SimulatedHardware chargePoint) => _members[chargePoint] = true;

    internal void Remove(SimulatedHardware chargePoint) => _members.TryRemove(chargePoint, out _);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _loop;
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(s_step, Time);
        DateTimeOffset last = Time.GetUtcNow();
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token))
            {
                DateTimeOffset now = Time.GetUtcNow();
                foreach (SimulatedHardware member in _members.Keys)
                    member.Step(now - last);
                last = now;
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the simulation.
        }
    }
}
