using System.Diagnostics;
using System.Text.Json;
using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Ocppj;

/// <summary>A charge point that sends as fast as it can is read as fast as it may send (faults X4).</summary>
public sealed class MessagePaceTests
{
    private const int PerSecond = 50;
    private const int Burst = 20;

    private static OcppConnectionOptions Options { get; } = OcppConnectionOptions.Ocpp16() with { MessagesPerSecond = PerSecond, MessageBurst = Burst };

    private static string Call(int id) => $$"""[2,"{{id}}","Heartbeat",{}]""";

    [Fact]
    [Trait("row", "X4")]
    public async Task Beyond_the_burst_no_more_is_read_than_the_time_that_passed_allows()
    {
        var clock = new ManualTimeProvider();
        await using LinkServer server = await LinkServer.StartAsync(Options, time: clock);
        (RawChargePoint chargePoint, ServedLink link) = await server.ConnectAsync();
        using RawChargePoint peer = chargePoint;
        // Silence for long saves no more than a burst.
        clock.Advance(TimeSpan.FromSeconds(10));
        for (int id = 0; id < 200; id++)
            await peer.SendAsync(Call(id));

        // The one over the burst shows that it was reached.
        await HeldAt(Burst + 1);
        clock.Advance(TimeSpan.FromMilliseconds(20));
        await HeldAt(Burst + 2);
        await Wait.UntilAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(100));
                return link.Handler.Calls.Count == 200;
            },
            "all of it is read in the end");
        Assert.Equal(Enumerable.Range(0, 200).Select(id => $"{id}"), link.Handler.Calls.Select(call => call.MessageId));

        async Task HeldAt(int count)
        {
            await Wait.UntilAsync(() => clock.ActiveTimers > 0 && link.Handler.Calls.Count == count, $"{count} are read, and it is held");
            Assert.Equal(count, link.Handler.Calls.Count);
        }
    }

    [Fact]
    [Trait("row", "X4")]
    public async Task Answers_to_our_calls_are_not_counted_and_pings_are_answered()
    {
        var clock = new ManualTimeProvider();
        await using LinkServer server = await LinkServer.StartAsync(Options, time: clock);
        (RawChargePoint chargePoint, ServedLink link) = await server.ConnectAsync();
        using RawChargePoint peer = chargePoint;
        for (int i = 0; i < 5 * Burst; i++)
        {
            Task<CallOutcome> call = link.Connection.CallAsync("Reset", "{}"u8.ToArray());
            string id = (await peer.ReceiveJsonAsync())[1].GetString()!;
            await peer.SendAsync($$"""[3,"{{id}}",{}]""");
            Assert.Equal(CallOutcomeKind.Result, (await call.WaitAsync(Wait.Limit)).Kind);
        }
        for (int i = 0; i < 5 * Burst; i++)
        {
            await peer.SendFrameAsync(RawChargePoint.Ping, [1]);
            while ((await peer.ReceiveFrameAsync()).Opcode != RawChargePoint.Pong)
            {
            }
        }
        JsonElement answer = await peer.AskAsync(Call(1));
        Assert.Equal(3, answer[0].GetInt32());

        // What answers nothing counts like any other message.
        for (int i = 0; i < 2 * Burst; i++)
            await peer.SendAsync($$"""[3,"nobody-{{i}}",{}]""");
        await peer.SendAsync(Call(2));
        await Wait.UntilAsync(() => clock.ActiveTimers > 0, "it is held");
        Assert.DoesNotContain(link.Handler.Calls, call => call.MessageId == "2");
        await Wait.UntilAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(100));
                return link.Handler.Calls.Any(call => call.MessageId == "2");
            },
            "it is read on");
    }

    [Fact]
    [Trait("row", "X4")]
    public async Task One_that_floods_gets_its_pace_and_others_theirs()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", $"Amps:Ocpp:MessagesPerSecond={PerSecond}", $"Amps:Ocpp:MessageBurst={Burst}");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("FLOOD", "customer", "dev1");
        await service.RegisterAsync("QUIET", "customer", "dev2");
        await using TestChargePoint quiet = await TestChargePoint.BootAsync(service.Ocpp, "QUIET");
        await using TestChargePoint flood = await TestChargePoint.ConnectAsync(service.Ocpp, "FLOOD");
        long started = Stopwatch.GetTimestamp();
        Task<JsonElement>[] beats = [.. Enumerable.Range(0, 10 * Burst).Select(_ => flood.CallAsync("Heartbeat", new { }))];

        for (int i = 0; i < Burst / 2; i++)
            await quiet.CallAsync("Heartbeat", new { });
        int answered = beats.Count(beat => beat.IsCompleted);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Assert.InRange(answered, 0, Burst + 2 + (PerSecond * seconds));
        await Task.WhenAll(beats).WaitAsync(Wait.Limit);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, ((10 * Burst) - Burst - 2) / (double)PerSecond, 60);
        Assert.Contains(service.Lines, line => line.Contains("FLOOD: sends more than 50 messages a second", StringComparison.Ordinal));
    }
}
