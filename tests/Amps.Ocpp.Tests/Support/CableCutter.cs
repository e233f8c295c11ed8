using System.Net;
using System.Net.Sockets;

namespace Amps.Ocpp.Tests.Support;

/// <summary>A loopback relay to a server, whose connections can be torn as a pulled cable or a vanished process would.</summary>
public sealed class CableCutter : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _targetPort;
    private readonly List<Socket> _sockets = [];
    private readonly Lock _gate = new();
    private readonly Task _accepting;
    private bool _isCut;
    private volatile bool _losesRequests;
    private volatile bool _losesAnswers;
    private volatile TaskCompletionSource _flowing = Flowing();

    public CableCutter(int targetPort)
    {
        _targetPort = targetPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Bytes stay in the cable, both ways, until <see cref="Mend"/>; connections stay up.</summary>
    public void Freeze() => _flowing = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Resets all connections, and each new one until <see cref="Mend"/>.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _isCut = true;
            foreach (var socket in _sockets)
                Reset(socket);
            _sockets.Clear();
        }
    }

    /// <summary>Resets all connections; new ones work.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            foreach (var socket in _sockets)
                Reset(socket);
            _sockets.Clear();
            _losesRequests = _losesAnswers = false;
        }
    }

    /// <summary>What the server says is lost until the next <see cref="Reset()"/> or <see cref="Mend"/>; it still hears everything.</summary>
    public void LoseAnswers() => _losesAnswers = true;

    /// <summary>The server hears nothing more until the next <see cref="Reset()"/> or <see cref="Mend"/>.</summary>
    public void LoseRequests() => _losesRequests = true;

    public void Mend()
    {
        _losesRequests = _losesAnswers = false;
        lock (_gate)
            _isCut = false;
        _flowing.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        _flowing.TrySetResult();
        _listener.Stop();
        await _accepting;
    }

    private static TaskCompletionSource Flowing()
    {
        var flowing = new TaskCompletionSource();
        flowing.SetResult();
        return flowing;
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, 0);
        socket.Close();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                var near = await _listener.AcceptSocketAsync();
                var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await far.ConnectAsync(IPAddress.Loopback, _targetPort);
                near.NoDelay = far.NoDelay = true;
                Join(near, far);
            }
            catch (SocketException)
            {
                if (!_listener.Server.IsBound)
                    return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Join(Socket near, Socket far)
    {
        lock (_gate)
        {
            if (_isCut)
            {
                Reset(near);
                Reset(far);
                return;
            }
            _sockets.Add(near);
            _sockets.Add(far);
        }
        _ = PumpAsync(near, far, () => _losesRequests);
        _ = PumpAsync(far, near, () => _losesAnswers);
    }

    private async Task PumpAsync(Socket from, Socket to, Func<bool> loses)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                await _flowing.Task;
                if (!loses())
                    await to.SendAsync(buffer.AsMemory(0, count));
            }
            to.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // Torn, which is what this is for.
        }
        catch (ObjectDisposedException)
        {
            // Torn, which is what this is for.
        }
    }
}
