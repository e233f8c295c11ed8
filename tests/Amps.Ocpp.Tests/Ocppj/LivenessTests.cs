using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Ocppj.Link;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Ocppj;

public sealed class LivenessTests
{
    [Fact]
    [Trait("row", "W18")]
    [Trait("quirk", "Q13")]
    public async Task A_charge_point_that_never_answers_pings_ends_within_interval_and_time_out()
    {
        var clock = new ManualTimeProvider();
        await using var server = await LinkServer.StartAsync(time: clock, liveness: new LivenessOptions());
        var (chargePoint, link) = await server.ConnectAsync();
        chargePoint.AnswersPings = false;
        for (var i = 0; i < 2; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(22));
            Assert.Equal(RawChargePoint.Ping, (await chargePoint.ReceiveFrameAsync()).Opcode);
        }

        Assert.Null(link.Connection.Reason);
        clock.Advance(TimeSpan.FromSeconds(7));
        var reason = await link.EndAsync();
        Assert.Equal(CloseKind.PeerSilent, reason.Kind);
        Assert.Null(await chargePoint.ReceiveCloseAsync());
    }

    [Fact]
    [Trait("row", "W18")]
    public async Task A_charge_point_that_answers_pings_stays()
    {
        var clock = new ManualTimeProvider();
        await using var server = await LinkServer.StartAsync(time: clock, liveness: new LivenessOptions());
        var (chargePoint, link) = await server.ConnectAsync();
        for (var i = 0; i < 10; i++)
        {
            var before = link.Connection.LastInboundTimestamp;
            clock.Advance(TimeSpan.FromSeconds(20));
            Assert.Equal(RawChargePoint.Ping, (await chargePoint.ReceiveFrameAsync()).Opcode);
            await Until(() => link.Connection.LastInboundTimestamp > before);
        }

        Assert.Null(link.Connection.Reason);
    }

    [Fact]
    [Trait("quirk", "Q14")]
    public async Task Any_bytes_count_as_life_also_pings_of_the_charge_point()
    {
        var clock = new ManualTimeProvider();
        await using var server = await LinkServer.StartAsync(time: clock, liveness: new LivenessOptions());
        var (chargePoint, link) = await server.ConnectAsync();
        chargePoint.AnswersPings = false;
        for (var i = 0; i < 5; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(30));
            await chargePoint.SendFrameAsync(RawChargePoint.Ping, []);
            while ((await chargePoint.ReceiveFrameAsync()).Opcode != RawChargePoint.Pong)
            {
            }

            await Until(() => link.Connection.LastInboundTimestamp == clock.GetTimestamp());
        }

        Assert.Null(link.Connection.Reason);
    }

    [Fact]
    public async Task A_probe_is_true_when_the_charge_point_answers_and_false_when_not()
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        var probe = link.Connection.ProbeAsync(TimeSpan.FromSeconds(5));
        await chargePoint.ReceiveFrameAsync();
        Assert.True(await probe);
        while (await link.Connection.ProbeAsync(TimeSpan.FromMilliseconds(50)))
        {
            // The rest of the first pong may still be on its way.
        }

        link.Connection.Abort();
        await link.EndAsync();
        Assert.False(await link.Connection.ProbeAsync(TimeSpan.FromSeconds(5)));
    }

    [Theory]
    [Trait("row", "X9")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_pause_of_this_process_a_charge_point_has_the_whole_time_again(bool answers)
    {
        var clock = new ManualTimeProvider();
        await using var server = await LinkServer.StartAsync(time: clock, liveness: new LivenessOptions());
        var (chargePoint, link) = await server.ConnectAsync();
        chargePoint.AnswersPings = answers;
        clock.Advance(TimeSpan.FromSeconds(2));

        clock.StandStill(TimeSpan.FromMinutes(10));
        clock.Advance(TimeSpan.FromSeconds(22));
        Assert.Null(link.Connection.Reason);
        var before = link.Connection.LastInboundTimestamp;
        Assert.Equal(RawChargePoint.Ping, (await chargePoint.ReceiveFrameAsync()).Opcode);
        if (answers)
        {
            await Until(() => link.Connection.LastInboundTimestamp > before);
            clock.Advance(TimeSpan.FromSeconds(30));
            Assert.Null(link.Connection.Reason);
        }
        else
        {
            clock.Advance(TimeSpan.FromSeconds(30));
            Assert.Equal(CloseKind.PeerSilent, (await link.EndAsync()).Kind);
        }
    }

    [Fact]
    public async Task A_link_that_is_not_read_by_our_own_doing_is_not_dropped()
    {
        var clock = new ManualTimeProvider();
        var gate = new TaskCompletionSource();
        var options = OcppConnectionOptions.Ocpp16() with { MaxPendingIncoming = 1 };
        await using var server = await LinkServer.StartAsync(options, () => new RecordingHandler { Answer = Slow }, clock, new LivenessOptions());
        var (chargePoint, link) = await server.ConnectAsync();
        await chargePoint.SendAsync("""[2,"1","StopTransaction",{}]""");
        await Until(() => link.Connection.IsPaused);
        clock.Advance(TimeSpan.FromSeconds(100));
        Assert.Null(link.Connection.Reason);
        gate.SetResult();
        Assert.Equal("""[3,"1",{}]""", await chargePoint.ReceiveAsync());

        async ValueTask<CallAnswer> Slow(IncomingCall call)
        {
            await gate.Task;
            return CallAnswer.Result(RecordingHandler.EmptyObject);
        }
    }

    [Fact]
    public async Task Pings_beside_messages_never_break_a_frame()
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        byte[] payload = [.. "{\"a\":\""u8, .. Enumerable.Repeat((byte)'x', 30_000), .. "\"}"u8];
        var pings = Task.Run(async () =>
        {
            for (var i = 0; i < 5000; i++)
            {
                link.Connection.RequestPing();
                await Task.Yield();
            }
        });
        for (var i = 0; i < 200; i++)
        {
            var call = link.Connection.CallAsync("DataTransfer", payload);
            var frame = await chargePoint.ReceiveJsonAsync();
            Assert.Equal(30_000, frame[3].GetProperty("a").GetString()!.Length);
            await chargePoint.SendAsync($"[3,\"{frame[1].GetString()}\",{{}}]");
            Assert.True((await call).IsResult);
        }

        await pings;
        Assert.True(chargePoint.PingsSeen > 0);
    }

    [Fact]
    public async Task Links_that_end_leave_the_monitor()
    {
        var clock = new ManualTimeProvider();
        await using var server = await LinkServer.StartAsync(time: clock, liveness: new LivenessOptions { PingInterval = TimeSpan.FromSeconds(1) });
        // Both ends are kept: a socket that nobody refers to is closed by the collector.
        var links = new List<(RawChargePoint ChargePoint, ServedLink Link)>();
        for (var i = 0; i < 5; i++)
        {
            links.Add(await server.ConnectAsync());
        }

        foreach (var i in new[] { 1, 0, 4, 3, 2 })
        {
            links[i].Link.Connection.Abort();
            Assert.Equal(CloseKind.Aborted, (await links[i].Link.EndAsync()).Kind);
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        GC.KeepAlive(links);
    }

    private static async Task Until(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(RawChargePoint.Patience);
        while (!condition())
        {
            await Task.Delay(1, patience.Token);
        }
    }
}
