using System.Net;
using System.Net.Sockets;

namespace Amps.Ocpp.Bench.Load;

/// <summary>A TCP connection with one small buffer of what came and was not used yet: as little client as there can be.</summary>
internal class ByteStream(int capacity) : IDisposable
{
    private const int PerAddress = 5000;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[capacity];
    private int _start;
    private int _end;

    protected ReadOnlySpan<byte> Received => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Connects from a loopback address of its own for every few thousand, so that ports do not run out.</summary>
    public async Task OpenAsync(int port, int number)
    {
        _socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(2 + (number / PerAddress))]), 0));
        await _socket.ConnectAsync(IPAddress.Loopback, port);
    }

    public void Dispose()
    {
        _socket.Dispose();
        GC.SuppressFinalize(this);
    }

    protected void Use(int count) => _start += count;

    protected async ValueTask MoreAsync(CancellationToken cancellationToken = default)
    {
        if (_start == _end)
            (_start, _end) = (0, 0);
        else if (_end == _buffer.Length)
        {
            Received.CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        int count = await _socket.ReceiveAsync(_buffer.AsMemory(_end), cancellationToken);
        if (count == 0)
            throw new IOException("The server closed the connection.");
        _end += count;
    }

    protected async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        int sent = await _socket.SendAsync(bytes);
        if (sent < bytes.Length)
            await SendAsync(bytes[sent..]);
    }
}
