using System.Net;
using System.Net.Sockets;

namespace Amps.HardwareSim;

/// <summary>The bytes of one connection, until it is muted: from then on nothing comes and nothing goes, and nobody is told.</summary>
internal sealed class MutableStream(Socket socket) : Stream
{
    private readonly NetworkStream _inner = new(socket, ownsSocket: true);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _muted;

    public static async ValueTask<MutableStream> ConnectAsync(DnsEndPoint to, IPAddress? from, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (from is not null)
                socket.Bind(new IPEndPoint(from, 0));
            await socket.ConnectAsync(to, cancellationToken);
            return new MutableStream(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The other end sees a peer that does not react any more.</summary>
    public void Mute() => _muted = true;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() => _inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await _inner.ReadAsync(buffer, cancellationToken);
        if (_muted)
            await _closed.Task.WaitAsync(cancellationToken);
        return _muted ? 0 : read;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _muted ? ValueTask.CompletedTask : _inner.WriteAsync(buffer, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        _closed.TrySetResult();
        if (disposing)
            _inner.Dispose();
        base.Dispose(disposing);
    }
}
