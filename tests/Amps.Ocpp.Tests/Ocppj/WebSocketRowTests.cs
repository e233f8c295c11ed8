using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Tests.Ocppj;

/// <summary>Rows W of the fault list: what a broken or hostile WebSocket peer gets.</summary>
public sealed class WebSocketRowTests
{
    private const string Heartbeat = """[2,"1","Heartbeat",{}]""";
    private const string Deflate = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    [Fact]
    [Trait("row", "W1")]
    public Task An_unmasked_frame_closes_with_1002() =>
        ExpectClose(RawChargePoint.Encode(RawChargePoint.Text, Encoding.UTF8.GetBytes(Heartbeat), masked: false), 1002);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [Trait("row", "W2")]
    public Task Reserved_bits_close_with_1002(int rsv) =>
        ExpectClose(RawChargePoint.Encode(RawChargePoint.Text, Encoding.UTF8.GetBytes(Heartbeat), rsv: rsv), 1002);

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(11)]
    [InlineData(15)]
    [Trait("row", "W3")]
    public Task Reserved_opcodes_close_with_1002(int opcode) => ExpectClose(RawChargePoint.Encode(opcode, []), 1002);

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(100_000)]
    [Trait("row", "W4")]
    public Task A_binary_message_closes_with_1003(int length) => ExpectClose(RawChargePoint.Encode(RawChargePoint.Binary, new byte[length]), 1003);

    [Fact]
    [Trait("row", "W5")]
    public async Task Text_that_is_not_utf8_closes_with_1007()
    {
        await ExpectClose(RawChargePoint.Encode(RawChargePoint.Text, [(byte)'[', 0xC0, 0xAF, (byte)']']), 1007);
        await ExpectClose(RawChargePoint.Encode(RawChargePoint.Text, [(byte)'"', 0xE2, 0x82]), 1007);
    }

    [Fact]
    [Trait("row", "W5")]
    public async Task A_code_point_split_over_fragments_is_whole_again()
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        var bytes = Encoding.UTF8.GetBytes("""[2,"1","Heartbeat",{"a":"€"}]""");
        var split = Array.IndexOf(bytes, (byte)0xE2) + 1;
        await chargePoint.SendFrameAsync(RawChargePoint.Text, bytes[..split], fin: false);
        await chargePoint.SendFrameAsync(RawChargePoint.Continuation, bytes[split..]);
        Assert.Equal("1", (await chargePoint.ReceiveJsonAsync())[1].GetString());
        Assert.Equal("""{"a":"€"}""", link.Handler.Calls.Single().Payload);
    }

    [Fact]
    [Trait("row", "W6")]
    public async Task A_thousand_fragments_of_one_byte_are_one_message()
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        var text = $$"""[2,"1","Heartbeat",{"a":"{{new string('x', 1000)}}"}]""";
        var bytes = Encoding.UTF8.GetBytes(text);
        var wire = bytes.SelectMany((value, i) => RawChargePoint.Encode(i == 0 ? RawChargePoint.Text : RawChargePoint.Continuation, [value], fin: i == bytes.Length - 1));
        await chargePoint.SendBytesAsync([.. wire]);
        Assert.Equal(3, (await chargePoint.ReceiveJsonAsync())[0].GetInt32());
        Assert.Equal(text[19..^1], link.Handler.Calls.Single().Payload);
    }

    [Fact]
    [Trait("row", "W7")]
    public Task A_continuation_without_a_start_closes_with_1002() => ExpectClose(RawChargePoint.Encode(RawChargePoint.Continuation, "[]"u8), 1002);

    [Fact]
    [Trait("row", "W7")]
    public Task A_new_text_inside_a_fragmented_one_closes_with_1002() => ExpectClose(
        [.. RawChargePoint.Encode(RawChargePoint.Text, "[2,"u8, fin: false), .. RawChargePoint.Encode(RawChargePoint.Text, "[]"u8)], 1002);

    [Fact]
    [Trait("row", "W8")]
    public async Task Fragmented_or_long_control_frames_close_with_1002()
    {
        await ExpectClose(RawChargePoint.Encode(RawChargePoint.Ping, [], fin: false), 1002);
        await ExpectClose(RawChargePoint.Encode(RawChargePoint.Ping, new byte[126]), 1002);
    }

    [Fact]
    [Trait("row", "W9")]
    public async Task A_ping_between_fragments_is_answered_at_once_and_the_message_stays_whole()
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, _) = await server.ConnectAsync();
        await chargePoint.SendFrameAsync(RawChargePoint.Text, Encoding.UTF8.GetBytes(Heartbeat[..9]), fin: false);
        await chargePoint.SendFrameAsync(RawChargePoint.Ping, "abc"u8.ToArray());
        var (opcode, payload) = await chargePoint.ReceiveFrameAsync();
        Assert.Equal(RawChargePoint.Pong, opcode);
        Assert.Equal("abc"u8.ToArray(), payload);
        await chargePoint.SendFrameAsync(RawChargePoint.Continuation, Encoding.UTF8.GetBytes(Heartbeat[9..]));
        Assert.Equal("""[3,"1",{}]""", await chargePoint.ReceiveAsync());
    }

    [Theory]
    [InlineData(0x7FFF_FFFF_FFFF_FFFFUL, 1009)]
    [InlineData(0x8000_0000_0000_0000UL, 1002)] // RFC 6455 §5.2 forbids the highest bit, so this is no length at all.
    [Trait("row", "W10")]
    public async Task A_frame_that_announces_a_huge_length_is_refused(ulong length, int code)
    {
        var header = new byte[14];
        header[0] = 0x81;
        header[1] = 0xFF;
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(2), length);
        await ExpectClose([.. header, .. new byte[300 * 1024]], code);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [Trait("row", "W11")]
    public async Task A_message_up_to_the_limit_is_handled(int over)
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, _) = await server.ConnectAsync();
        await chargePoint.SendAsync(MessageOf((256 * 1024) + over));
        Assert.Equal("""[3,"1",{}]""", await chargePoint.ReceiveAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    [Trait("row", "W11")]
    public Task A_message_over_the_limit_closes_with_1009(int over) =>
        ExpectClose(RawChargePoint.Encode(RawChargePoint.Text, Encoding.UTF8.GetBytes(MessageOf((256 * 1024) + over))), 1009);

    [Fact]
    [Trait("row", "W12")]
    public async Task A_deflate_bomb_closes_with_1009()
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync(Deflate);
        Assert.Contains("permessage-deflate", chargePoint.Handshake, StringComparison.Ordinal);
        await chargePoint.SendFrameAsync(RawChargePoint.Text, Compress(MessageOf(10 * 1024 * 1024)), rsv: 4);
        Assert.Equal(1009, await chargePoint.ReceiveCloseAsync());
        Assert.Equal(CloseKind.Violation, (await link.EndAsync()).Kind);
    }

    [Fact]
    [Trait("row", "W12")]
    public async Task Deflated_messages_are_read_and_answered()
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync(Deflate);
        for (var i = 0; i < 3; i++)
        {
            await chargePoint.SendFrameAsync(RawChargePoint.Text, Compress($$"""[2,"{{i}}","Heartbeat",{"a":"{{new string('b', 20_000)}}"}]"""), rsv: 4);
            var (opcode, payload) = await chargePoint.ReceiveFrameAsync();
            Assert.Equal(RawChargePoint.Text, opcode);
            Assert.Equal($$"""[3,"{{i}}",{}]""", Inflate(payload));
        }

        Assert.Equal(3, link.Handler.Calls.Count);
    }

    [Fact]
    [Trait("row", "W13")]
    public async Task A_corrupt_deflate_stream_ends_only_its_link()
    {
        await using var server = await LinkServer.StartAsync();
        var (other, _) = await server.ConnectAsync();
        var (chargePoint, link) = await server.ConnectAsync(Deflate);
        await chargePoint.SendFrameAsync(RawChargePoint.Text, [0xFF, 0xFF, 0xFF, 0xFF, 0xAA], rsv: 4);
        Assert.Equal(1007, await chargePoint.ReceiveCloseAsync());
        Assert.Equal(CloseKind.Violation, (await link.EndAsync()).Kind);
        Assert.Equal(3, (await other.AskAsync(Heartbeat))[0].GetInt32());
    }

    [Fact]
    [Trait("row", "W15")]
    public Task The_code_1005_in_a_close_frame_closes_with_1002() => ExpectClose(RawChargePoint.Encode(RawChargePoint.Close, [0x03, 0xED]), 1002);

    private static async Task ExpectClose(byte[] wire, int code)
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        await chargePoint.SendBytesAsync(wire);
        Assert.Equal(code, await chargePoint.ReceiveCloseAsync());
        chargePoint.Dispose();
        var reason = await link.EndAsync();
        Assert.Equal((CloseKind.Violation, code), (reason.Kind, reason.Code));
        Assert.Empty(link.Handler.Calls);
    }

    private static string MessageOf(int length)
    {
        const string Start = """[2,"1","DataTransfer",{"data":" """;
        return Start + new string('x', length - Start.Length - 3) + "\"}]";
    }

    private static byte[] Compress(string text)
    {
        var buffer = new MemoryStream();
        using (var deflate = new DeflateStream(buffer, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(Encoding.UTF8.GetBytes(text));
            deflate.Flush();
            // The message ends after the flush, whose four bytes 00 00 FF FF the extension leaves out.
            return buffer.ToArray()[..^4];
        }
    }

    private static string Inflate(byte[] payload)
    {
        using var deflate = new DeflateStream(new MemoryStream([.. payload, 0x00, 0x00, 0xFF, 0xFF]), CompressionMode.Decompress);
        using var text = new StreamReader(deflate);
        return text.ReadToEnd();
    }
}
