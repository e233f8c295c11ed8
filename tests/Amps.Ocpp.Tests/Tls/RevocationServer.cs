using System.Net;
using System.Net.Sockets;
using System.Text;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Tls;

/// <summary>Serves one certificate revocation list over HTTP.</summary>
public sealed class RevocationServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, ServiceHost.FreePort());
    private readonly string _name = Guid.NewGuid().ToString("N");
    private Task _running = Task.CompletedTask;

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/{_name}.crl";

    public byte[] List { get; set; } = [];

    public static RevocationServer Start()
    {
        var server = new RevocationServer();
        server._listener.Start();
        server._running = server.RunAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _running;
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync();
                NetworkStream stream = client.GetStream();
                _ = await stream.ReadAsync(new byte[4096]);
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/pkix-crl\r\nContent-Length: {List.Length}\r\nConnection: close\r\n\r\n"));
                await stream.WriteAsync(List);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // Stopped.
        }
    }
}
