using System.Diagnostics;
using Amps.Ocpp.Hosting.Logs;
using Amps.Ocpp.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Amps.Ocpp.Tests.Hosting;

/// <summary>How much is logged of what charge points can cause at will (faults X7).</summary>
public sealed partial class SampledLogTests
{
    [Fact]
    [Trait("row", "X7")]
    public void Of_each_kind_some_lines_a_second_are_written_and_one_that_counts_the_rest()
    {
        var clock = new ManualTimeProvider();
        using var lines = new CollectingLoggerProvider();
        using var framework = new LoggerFactory([lines]);
        using var factory = new SampledLoggerFactory(framework, clock);
        ILogger logger = factory.CreateLogger("Doors");

        for (int i = 0; i < 100_000; i++)
            LogKnock(logger, i);
        LogRing(logger);
        for (int i = 0; i < 100; i++)
            LogEntered(logger);
        Assert.Equal(10 + 1 + 100, lines.Lines.Count);
        Assert.Equal(1, clock.ActiveTimers);

        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("99990 more lines of this kind (LogKnock) were left out", lines.Lines[^1], StringComparison.Ordinal);
        Assert.StartsWith("Warning Doors: ", lines.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(0, clock.ActiveTimers);

        for (int i = 0; i < 10; i++)
            LogKnock(logger, i);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(10 + 1 + 100 + 1 + 10, lines.Lines.Count);
    }

    [Fact]
    [Trait("row", "X7")]
    public async Task Many_charge_points_that_send_nonsense_fill_no_log_and_get_all_their_answers()
    {
        const int Peers = 30;
        const int Each = 40;
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Amps:Ocpp:Admission=Open");
        long started = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, Peers, new ParallelOptions { MaxDegreeOfParallelism = 10 }, async (i, _) =>
        {
            await using TestChargePoint charger = await TestChargePoint.ConnectAsync(service.Ocpp, $"CP{i}");
            for (int n = 0; n < Each; n++)
                await charger.SendAsync("""[2,"1",]""");
            await Wait.UntilAsync(() => charger.Frames.Count(frame => frame.Contains("FormationViolation", StringComparison.Ordinal)) == Each, "all were answered");
        });
        double seconds = Math.Ceiling(Stopwatch.GetElapsedTime(started).TotalSeconds) + 1;
        int lines = service.Lines.Count(line => line.Contains("bad message", StringComparison.Ordinal) || line.Contains("(BadMessage)", StringComparison.Ordinal));
        Assert.InRange(lines, 1, seconds * (SampledLoggerFactory.DefaultLinesPerSecond + 1));
    }

    [LoggerMessage(1, LogLevel.Warning, "Somebody knocks, {Number}")]
    private static partial void LogKnock(ILogger logger, int number);

    [LoggerMessage(2, LogLevel.Error, "The bell rings")]
    private static partial void LogRing(ILogger logger);

    [LoggerMessage(3, LogLevel.Information, "Somebody enters")]
    private static partial void LogEntered(ILogger logger);
}
