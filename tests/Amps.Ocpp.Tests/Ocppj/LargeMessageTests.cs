using System.Text;
using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Ocppj;

/// <summary>Many large messages at once take a bounded share of the memory (faults X5).</summary>
public sealed class LargeMessageTests
{
    private const int Size = 200_000;

    private static byte[] Call(int id) => Encoding.UTF8.GetBytes($$"""[2,"{{id}}","DataTransfer",{"data":"{{new string('x', Size)}}"}]""");

    [Fact]
    [Trait("row", "X5")]
    public async Task Beyond_the_places_large_messages_wait_and_small_ones_pass()
    {
        const int Peers = 10;
        using var large = new LargeMessages(2);
        await using LinkServer server = await LinkServer.StartAsync(OcppConnectionOptions.Ocpp16() with { LargeMessages = large });
        List<(RawChargePoint Peer, ServedLink Link)> links = [];
        for (int i = 0; i < Peers; i++)
            links.Add(await server.ConnectAsync());
        (RawChargePoint small, _) = await server.ConnectAsync();
        using RawChargePoint other = small;

        // Half of each message: two come in and hold their places, the others are not read on.
        foreach ((RawChargePoint peer, _) in links)
            await peer.SendFrameAsync(RawChargePoint.Text, Call(1)[..(Size / 4)], fin: false);
        await Wait.UntilAsync(() => large is { Taken: 2, Waiting: Peers - 2 }, "two have a place and the others wait");
        Assert.Equal("passed", (await other.AskAsync("""[2,"passed","Heartbeat",{}]"""))[1].GetString());

        Task[] rest = [.. links.Select(link => link.Peer.SendFrameAsync(RawChargePoint.Continuation, Call(1)[(Size / 4)..]))];
        foreach ((RawChargePoint peer, _) in links)
            Assert.Equal(3, (await peer.ReceiveJsonAsync())[0].GetInt32());
        await Task.WhenAll(rest);
        Assert.All(links, link => Assert.Equal(Size, link.Link.Handler.Calls.Single().Payload.Length - """{"data":""}""".Length));
        await Wait.UntilAsync(() => large is { Taken: 0, Waiting: 0 }, "all places are free");
        links.ForEach(link => link.Peer.Dispose());
    }

    [Fact]
    [Trait("row", "X5")]
    public async Task Calls_that_wait_for_their_turn_keep_their_places_and_a_lost_link_gives_them_back()
    {
        using var large = new LargeMessages(3);
        var release = new TaskCompletionSource();
        await using LinkServer server = await LinkServer.StartAsync(
            OcppConnectionOptions.Ocpp16() with { LargeMessages = large },
            () => new RecordingHandler
            {
                Answer = async _ =>
                {
                    await release.Task;
                    return CallAnswer.Result(RecordingHandler.EmptyObject);
                },
            });
        (RawChargePoint chargePoint, ServedLink link) = await server.ConnectAsync();
        using RawChargePoint peer = chargePoint;
        await peer.SendFrameAsync(RawChargePoint.Text, Call(1));
        await peer.SendFrameAsync(RawChargePoint.Text, Call(2));
        await peer.SendFrameAsync(RawChargePoint.Text, Call(3)[..(Size / 2)], fin: false);
        await Wait.UntilAsync(() => large.Taken == 3, "all three have a place");

        link.Connection.Abort();
        await link.EndAsync();
        await Wait.UntilAsync(() => large.Taken == 2, "the unfinished one is gone");
        release.SetResult();
        await Wait.UntilAsync(() => large.Taken == 0, "the others are gone, too");
    }

    [Fact]
    [Trait("row", "X5")]
    public async Task One_that_never_finishes_its_message_loses_its_link_and_its_place()
    {
        var clock = new ManualTimeProvider();
        using var large = new LargeMessages(1);
        OcppConnectionOptions options = OcppConnectionOptions.Ocpp16() with { LargeMessages = large };
        await using LinkServer server = await LinkServer.StartAsync(options, time: clock);
        (RawChargePoint chargePoint, ServedLink link) = await server.ConnectAsync();
        using RawChargePoint peer = chargePoint;
        await peer.SendFrameAsync(RawChargePoint.Text, Call(1)[..(Size / 2)], fin: false);
        await Wait.UntilAsync(() => large.Taken == 1 && clock.ActiveTimers == 1, "it has the place");

        clock.Advance(options.LargeMessageTime);
        await link.EndAsync();
        await Wait.UntilAsync(() => large.Taken == 0, "the place is free");
    }
}
