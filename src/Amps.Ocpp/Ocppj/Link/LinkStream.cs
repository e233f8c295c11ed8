using Microsoft.AspNetCore.Http.Features;

namespace Amps.Ocpp.Ocppj.Link;

/// <summary>
/// The transport below a server's WebSocket. It notes when bytes last came, and can put a ping beside the frames of the socket,
/// which .NET's WebSocket neither sends on demand nor reports.
/// </summary>
/// <remarks>
/// The socket writes each frame by one call, and Kestrel's output takes each call whole under its own lock, so a ping never falls
/// inside a frame. Every write is flushed by Kestrel, so a flush has nothing left to do.
/// </remarks>
public sealed class LinkStream : Stream
{
    private const byte CloseFrame = 0x88;

    private static readonly ReadOnlyMemory<byte> s_ping = new byte[] { 0x89, 0x00 };

    private readonly Stream _transport;
    private readonly IHttpRequestLifetimeFeature? _request;
    private readonly TimeProvider _time;
    private TaskCompletionSource? _inbound;
    private long _lastInbound;
    private int _pinging;

    /// <param name="transport">The upgraded stream of the server.</param>
    /// <param name="request">What aborts the request, and with it a read that waits; null: disposing the transport must do.</param>
    /// <param name="time">The clock of <see cref="LastInboundTimestamp"/>.</param>
    public LinkStream(Stream transport, IHttpRequestLifetimeFeature? request, TimeProvider time)
    {
        _transport = transport;
        _request = request;
        _time = time;
        _lastInbound = time.GetTimestamp();
    }

    /// <summary>When the last bytes came, as a timestamp of the clock.</summary>
    public long LastInboundTimestamp => Volatile.Read(ref _lastInbound);

    /// <summary>The code of the last close frame that was written; 0 if none was. The socket does not tell which one it chose.</summary>
    public int CloseCodeSent { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Counts the present as the time of the last bytes.</summary>
    public void Touch()
    {
        Volatile.Write(ref _lastInbound, _time.GetTimestamp());
        if (Volatile.Read(ref _inbound) is not null)
        {
            Interlocked.Exchange(ref _inbound, null)?.TrySetResult();
        }
    }

    /// <summary>Writes a ping unless the one before it has not left yet. Failures show themselves in the reader.</summary>
    public void SendPing()
    {
        if (Interlocked.Exchange(ref _pinging, 1) == 0)
        {
            _ = WritePingAsync();
        }
    }

    /// <summary>Pings and waits until any bytes come. False: nothing came in time.</summary>
    public async Task<bool> ProbeAsync(TimeSpan timeout)
    {
        var fresh = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var inbound = Interlocked.CompareExchange(ref _inbound, fresh, null) ?? fresh;
        SendPing();
        try
        {
            await inbound.Task.WaitAsync(timeout, _time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Writes a close frame beside a socket that can write none any more.</summary>
    public Task SendCloseAsync(int code) => TryWriteAsync(new byte[] { CloseFrame, 0x02, (byte)(code >> 8), (byte)code });

    /// <summary>Ends the connection at once, also under a read that waits.</summary>
    public void Abort()
    {
        if (_request is null)
        {
            _transport.Dispose();
        }
        else
        {
            _request.Abort();
        }
    }

    /// <summary>
    /// Reads and forgets what still comes, until the peer ends or the time is over. Closing a connection that has unread bytes
    /// resets it, and a reset destroys a close frame on its way.
    /// </summary>
    public async Task DrainAsync(TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit, _time);
        var scratch = new byte[4096];
        try
        {
            while (await _transport.ReadAsync(scratch, timeout.Token) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The connection ended, which is what was waited for.
        }
    }

    /// <remarks>A reader asks again only after bytes came, so the time of asking is theirs, and no state is needed per read.</remarks>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Touch();
        return _transport.ReadAsync(buffer, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var frame = buffer.Span;
        if (frame.Length >= 4 && frame[0] == CloseFrame)
        {
            CloseCodeSent = (frame[2] << 8) | frame[3];
        }

        return _transport.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _transport.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task WritePingAsync()
    {
        await TryWriteAsync(s_ping);
        Volatile.Write(ref _pinging, 0);
    }

    private async Task TryWriteAsync(ReadOnlyMemory<byte> frame)
    {
        try
        {
            await _transport.WriteAsync(frame);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // A broken transport ends its reader.
        }
    }
}
