using System.Net.Sockets;
using System.Text;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Hosting;

/// <summary>What systemd is told by a unit of Type=notify.</summary>
public sealed class SystemdTests
{
    [Fact]
    public async Task Readiness_and_the_way_down_are_told_to_systemd()
    {
        string folder = Directory.CreateTempSubdirectory("amps-notify-").FullName;
        try
        {
            string path = Path.Combine(folder, "notify");
            using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            systemd.Bind(new UnixDomainSocketEndPoint(path));
            await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", $"NOTIFY_SOCKET={path}");
            Assert.Equal("READY=1", await ReceiveAsync(systemd));
            Assert.Equal(0, systemd.Available);
            await service.StopAsync();
            Assert.Equal("STOPPING=1", await ReceiveAsync(systemd));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        byte[] message = new byte[256];
        int length = await socket.ReceiveAsync(message).WaitAsync(Wait.Limit);
        return Encoding.UTF8.GetString(message, 0, length);
    }
}
