using System.Text;

using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Ocppj.Link;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Ocppj;

/// <summary>Ways in which a link ends or is worn down without a broken frame.</summary>
public sealed class LinkEndTests
{
    private const string Heartbeat = """[2,"1","Heartbeat",{}]""";

    [Fact]
    [Trait("row", "W14")]
    public async Task Half_a_frame_and_silence_ends_by_the_ping_time_out()
    {
        var clock = new ManualTimeProvider();
        await using var server = await LinkServer.StartAsync(time: clock, liveness: new LivenessOptions());
        var (chargePoint, link) = await server.ConnectAsync();
        await chargePoint.SendBytesAsync(RawChargePoint.Encode(RawChargePoint.Text, Encoding.UTF8.GetBytes(Heartbeat))[..9]);
        // The half may arrive at any moment of this clock: silence counts from there.
        await Wait.UntilAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(17));
            return link.Run.IsCompleted;
        }, "the link ends");
        Assert.Equal(CloseKind.PeerSilent, (await link.EndAsync()).Kind);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(4999)]
    [Trait("row", "W15")]
    public async Task A_close_frame_is_echoed_and_settles_calls_once(int code)
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        var call = link.Connection.CallAsync("Reset", RecordingHandler.EmptyObject);
        await chargePoint.ReceiveAsync();
        await chargePoint.SendFrameAsync(RawChargePoint.Close, [(byte)(code >> 8), (byte)code]);
        Assert.Equal(code, await chargePoint.ReceiveCloseAsync());
        var reason = await link.EndAsync();
        Assert.Equal((CloseKind.ClosedByPeer, code), (reason.Kind, reason.Code));
        Assert.Equal((CallOutcomeKind.ConnectionLost, true), await Outcome(call));
    }

    [Fact]
    [Trait("row", "W15")]
    public async Task A_close_frame_without_a_code_is_answered()
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        await chargePoint.SendFrameAsync(RawChargePoint.Close, []);
        Assert.NotNull(await chargePoint.ReceiveCloseAsync());
        Assert.Equal(CloseKind.ClosedByPeer, (await link.EndAsync()).Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("row", "W15")]
    public async Task A_reset_or_an_end_without_close_frame_settles_calls_once(bool isReset)
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        var call = link.Connection.CallAsync("Reset", RecordingHandler.EmptyObject);
        var waiting = link.Connection.CallAsync("Reset", RecordingHandler.EmptyObject);
        await chargePoint.ReceiveAsync();
        if (isReset)
        {
            chargePoint.Reset();
        }
        else
        {
            chargePoint.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        }

        var reason = await link.EndAsync();
        Assert.Equal((CloseKind.ConnectionLost, CloseReason.NoCloseFrame), (reason.Kind, reason.Code));
        Assert.Equal((CallOutcomeKind.ConnectionLost, true), await Outcome(call));
        Assert.Equal((CallOutcomeKind.ConnectionLost, false), await Outcome(waiting));
        Assert.Equal((CallOutcomeKind.ConnectionLost, false), await Outcome(link.Connection.CallAsync("Reset", RecordingHandler.EmptyObject)));
    }

    [Fact]
    [Trait("row", "W16")]
    public async Task A_peer_that_never_reads_is_dropped_after_the_send_time_out()
    {
        var options = OcppConnectionOptions.Ocpp16() with { SendTimeout = TimeSpan.FromMilliseconds(300), DefaultCallTimeout = TimeSpan.FromMilliseconds(20) };
        await using var server = await LinkServer.StartAsync(options);
        var (chargePoint, link) = await server.ConnectAsync();
        var (other, _) = await server.ConnectAsync();
        byte[] payload = [.. "{\"a\":\""u8, .. Enumerable.Repeat((byte)'x', 200_000), .. "\"}"u8];
        while (!link.Run.IsCompleted)
        {
            await link.Connection.CallAsync("DataTransfer", payload);
        }

        Assert.Equal(CloseKind.SendStalled, (await link.EndAsync()).Kind);
        Assert.Equal(3, (await other.AskAsync(Heartbeat))[0].GetInt32());
        chargePoint.Dispose();
    }

    [Fact]
    [Trait("row", "W17")]
    public async Task A_flood_of_pings_is_answered()
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, _) = await server.ConnectAsync();
        var ping = RawChargePoint.Encode(RawChargePoint.Ping, "p"u8);
        await chargePoint.SendBytesAsync([.. Enumerable.Range(0, 2000).SelectMany(_ => ping)]);
        for (var i = 0; i < 2000; i++)
        {
            Assert.Equal(RawChargePoint.Pong, (await chargePoint.ReceiveFrameAsync()).Opcode);
        }

        Assert.Equal(3, (await chargePoint.AskAsync(Heartbeat))[0].GetInt32());
    }

    private static async Task<(CallOutcomeKind Kind, bool Sent)> Outcome(Task<CallOutcome> call)
    {
        var outcome = await call.WaitAsync(RawChargePoint.Patience);
        return (outcome.Kind, outcome.Sent);
    }
}
