using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Amps.Ocpp.Tests.Ocppj;

/// <summary>A WebSocket client that can break every rule: it writes frames byte by byte as it is told.</summary>
internal sealed class RawChargePoint : IDisposable
{
    public const int Continuation = 0;
    public const int Text = 1;
    public const int Binary = 2;
    public const int Close = 8;
    public const int Ping = 9;
    public const int Pong = 10;

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly byte[] s_mask = [0x37, 0xFA, 0x21, 0x3D];

    private readonly TcpClient _tcp;
    private readonly NetworkStream _stream;

    private RawChargePoint(TcpClient tcp)
    {
        _tcp = tcp;
        _stream = tcp.GetStream();
    }

    public Socket Socket => _tcp.Client;

    public string Handshake { get; private set; } = string.Empty;

    /// <summary>Whether pings of the server are answered while reading.</summary>
    public bool AnswersPings { get; set; } = true;

    public int PingsSeen { get; private set; }

    public static async Task<RawChargePoint> ConnectAsync(int port, string? extensions = null)
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(IPAddress.Loopback, port);
        var chargePoint = new RawChargePoint(tcp);
        var offer = extensions is null ? string.Empty : $"Sec-WebSocket-Extensions: {extensions}\r\n";
        await chargePoint.SendBytesAsync(Encoding.ASCII.GetBytes(
            $"GET /ocpp/CP1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
            $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp1.6\r\n{offer}\r\n"));
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await chargePoint.ReadExactlyAsync(one);
            head.Append((char)one[0]);
        }

        chargePoint.Handshake = head.ToString();
        Assert.StartsWith("HTTP/1.1 101", chargePoint.Handshake, StringComparison.Ordinal);
        return chargePoint;
    }

    public static byte[] Encode(int opcode, ReadOnlySpan<byte> payload, bool fin = true, bool masked = true, int rsv = 0)
    {
        var header = new List<byte> { (byte)((fin ? 0x80 : 0) | (rsv << 4) | opcode) };
        var maskBit = (byte)(masked ? 0x80 : 0);
        if (payload.Length < 126)
        {
            header.Add((byte)(maskBit | payload.Length));
        }
        else if (payload.Length <= ushort.MaxValue)
        {
            header.Add((byte)(maskBit | 126));
            header.AddRange([(byte)(payload.Length >> 8), (byte)payload.Length]);
        }
        else
        {
            header.Add((byte)(maskBit | 127));
            var length = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(length, payload.Length);
            header.AddRange(length);
        }

        if (masked)
        {
            header.AddRange(s_mask);
        }

        var body = payload.ToArray();
        for (var i = 0; masked && i < body.Length; i++)
        {
            body[i] ^= s_mask[i % 4];
        }

        return [.. header, .. body];
    }

    public Task SendAsync(string text) => SendFrameAsync(Text, Encoding.UTF8.GetBytes(text));

    public Task SendFrameAsync(int opcode, byte[] payload, bool fin = true, bool masked = true, int rsv = 0) =>
        SendBytesAsync(Encode(opcode, payload, fin, masked, rsv));

    public async Task SendBytesAsync(byte[] bytes) => await _stream.WriteAsync(bytes).AsTask().WaitAsync(Patience);

    /// <summary>The next text message, kept for an answer; pings on the way are answered.</summary>
    public async Task<string> ReceiveAsync()
    {
        while (true)
        {
            var (opcode, payload) = await ReceiveFrameAsync();
            if (opcode == Text)
            {
                return Encoding.UTF8.GetString(payload);
            }

            Assert.True(opcode is Ping or Pong, $"Expected a text message and got opcode {opcode}, code {CodeOf(payload)}.");
        }
    }

    /// <summary>The next message as JSON: proof that it is some.</summary>
    public async Task<JsonElement> ReceiveJsonAsync() => JsonDocument.Parse(await ReceiveAsync()).RootElement;

    public async Task<JsonElement> AskAsync(string text)
    {
        await SendAsync(text);
        return await ReceiveJsonAsync();
    }

    /// <summary>Reads up to the server's close frame and returns its code; null if the connection ended without one.</summary>
    public async Task<int?> ReceiveCloseAsync()
    {
        try
        {
            while (true)
            {
                var (opcode, payload) = await ReceiveFrameAsync();
                if (opcode == Close)
                {
                    return CodeOf(payload);
                }
            }
        }
        catch (IOException)
        {
            return null;
        }
    }

    public async Task<(int Opcode, byte[] Payload)> ReceiveFrameAsync()
    {
        var head = new byte[2];
        await ReadExactlyAsync(head);
        Assert.True((head[0] & 0x80) != 0, "The server sends whole messages.");
        Assert.True((head[1] & 0x80) == 0, "The server never masks.");
        long length = head[1] & 0x7F;
        if (length >= 126)
        {
            var extended = new byte[length == 126 ? 2 : 8];
            await ReadExactlyAsync(extended);
            length = extended.Aggregate(0L, (sum, value) => (sum << 8) | value);
        }

        var payload = new byte[length];
        await ReadExactlyAsync(payload);
        var opcode = head[0] & 0x0F;
        if (opcode == Ping)
        {
            PingsSeen++;
            if (AnswersPings)
            {
                await SendFrameAsync(Pong, payload);
            }
        }

        return (opcode, payload);
    }

    /// <summary>Resets the connection instead of ending it.</summary>
    public void Reset()
    {
        _tcp.Client.LingerState = new LingerOption(enable: true, seconds: 0);
        _tcp.Dispose();
    }

    public void Dispose() => _tcp.Dispose();

    private static int CodeOf(byte[] payload) => payload.Length < 2 ? 1005 : (payload[0] << 8) | payload[1];

    private Task ReadExactlyAsync(byte[] buffer) => _stream.ReadExactlyAsync(buffer).AsTask().WaitAsync(Patience);
}
