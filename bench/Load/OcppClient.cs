using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace Amps.Ocpp.Bench.Load;

/// <summary>
/// A charge point that only counts answers. Calls of the central system are answered <c>NotImplemented</c>, pings by pongs.
/// Frames are masked with zero, which RFC 6455 allows and which costs nothing.
/// </summary>
internal sealed class OcppClient(string id, ChargePointWords? words = null) : ByteStream(capacity: 2048)
{
    private const int Text = 0x81;
    private const int Ping = 0x89;
    private const int Pong = 0x8A;
    private const int IdLength = 8;

    private static int s_lastId;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private bool _keepsAnswer;
    private bool _notStored;
    private byte[] _answer = [];

    public string Id => id;

    /// <summary>What it says, in its version.</summary>
    public ChargePointWords Words { get; } = words ?? ChargePointWords.Ocpp16;

    public async Task ConnectAsync(int port, int number, string? password)
    {
        await OpenAsync(port, number);
        string credentials = password is null ? "" : $"Authorization: Basic {Convert.ToBase64String(Encoding.ASCII.GetBytes($"{id}:{password}"))}\r\n";
        await SendAsync(Encoding.ASCII.GetBytes(
            $"GET /ocpp/{id} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {Words.Subprotocol}\r\n{credentials}\r\n"));
        int end;
        while ((end = Received.IndexOf("\r\n\r\n"u8)) < 0)
            await MoreAsync();
        if (!Received.StartsWith("HTTP/1.1 101"u8))
            throw new IOException("The handshake was refused: " + Encoding.ASCII.GetString(Received[..end]));
        Use(end + 4);
    }

    /// <summary>Makes a call that can be sent again and again.</summary>
    public static Call Prepare(string action, string payload) => new(Frame(Text, Encoding.UTF8.GetBytes($"[2,\"00000000\",\"{action}\",{payload}]")));

    /// <summary>Sends the call under a new message id and waits for its answer.</summary>
    public async ValueTask CallAsync(Call call)
    {
        do
        {
            if (_notStored)
                await Task.Delay(RetryAfter);
            _notStored = false;
            call.Renew(Interlocked.Increment(ref s_lastId));
            await SendAsync(call.Bytes);
            while (!await IsAnswerAsync(call))
            {
                // Something else came first.
            }
        }
        while (_notStored);
    }

    /// <summary>Makes the call and returns the answer's text.</summary>
    public async ValueTask<string> AskAsync(Call call)
    {
        _keepsAnswer = true;
        await CallAsync(call);
        _keepsAnswer = false;
        return Encoding.UTF8.GetString(_answer);
    }

    /// <summary>Answers whatever comes until the connection ends or the time is over.</summary>
    public async Task IdleAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            while (true)
                await IsAnswerAsync(null, cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // The end of the measurement.
        }
    }

    private async ValueTask<bool> IsAnswerAsync(Call? call, CancellationToken cancellationToken = default)
    {
        int header, length;
        while (!HasFrame(out header, out length))
            await MoreAsync(cancellationToken);
        int kind = Received[0];
        // The database was away or too slow: a charge point sends it again.
        _notStored = call is not null && kind == Text && Received.Slice(header, length).StartsWith("[4,"u8) && Received.Slice(header, length).IndexOf("Not stored"u8) > 0;
        byte[]? reply = _notStored ? null : kind switch
        {
            Text => Judge(Received.Slice(header, length), call),
            Ping => Frame(Pong, Received.Slice(header, length)),
            Pong => [],
            _ => throw new IOException($"The server sent a frame of kind {kind:X2}: {Encoding.UTF8.GetString(Received.Slice(header, length))}"),
        };
        if (reply is null && _keepsAnswer)
            _answer = Received.Slice(header, length).ToArray();
        Use(header + length);
        if (reply is { Length: > 0 })
            await SendAsync(reply);
        return reply is null;
    }

    /// <summary>Null for the awaited answer, else what to reply.</summary>
    private static byte[]? Judge(ReadOnlySpan<byte> message, Call? call)
    {
        if (call is not null && message[1] == (byte)'3' && message.Slice(4, IdLength).SequenceEqual(call.Id))
            return null;
        if (message[1] != (byte)'2')
            throw new IOException("Unexpected: " + Encoding.UTF8.GetString(message));
        ReadOnlySpan<byte> id = message[4..];
        id = id[..id.IndexOf((byte)'"')];
        return Frame(Text, [.. "[4,\""u8, .. id, .. "\",\"NotImplemented\",\"\",{}]"u8]);
    }

    private bool HasFrame(out int header, out int length)
    {
        ReadOnlySpan<byte> bytes = Received;
        (header, length) = (2, 0);
        if (bytes.Length < 2)
            return false;
        length = bytes[1];
        if (length == 126)
        {
            if (bytes.Length < 4)
                return false;
            (header, length) = (4, BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
        }
        return bytes.Length >= header + length;
    }

    private static byte[] Frame(int kind, ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> length = payload.Length < 126
            ? [(byte)(0x80 | payload.Length)]
            : [0x80 | 126, (byte)(payload.Length >> 8), (byte)payload.Length];
        return [(byte)kind, .. length, 0, 0, 0, 0, .. payload];
    }

    /// <summary>A call of one connection, masked and ready; the id, and digits marked <c>00000000</c> behind it, change with each use.</summary>
    internal sealed class Call(byte[] frame)
    {
        private readonly int _id = frame.AsSpan().IndexOf("00000000"u8);
        private readonly int _value = frame.AsSpan().LastIndexOf("00000000"u8);

        public ReadOnlyMemory<byte> Bytes => frame;

        public ReadOnlySpan<byte> Id => frame.AsSpan(_id, IdLength);

        public void Renew(int number)
        {
            Utf8Formatter.TryFormat(number, frame.AsSpan(_id, IdLength), out _, new System.Buffers.StandardFormat('D', IdLength));
            if (_value != _id)
                frame.AsSpan(_id, IdLength).CopyTo(frame.AsSpan(_value));
        }
    }
}
