using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Amps.Ocpp.Mqtt.Native;
using Amps.Ocpp.Tests.Mqtt;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Deploy;

/// <summary>A mosquitto with the shipped configuration and access rules; only paths and the port are others.</summary>
public sealed class ShippedBroker : IAsyncLifetime
{
    private Process? _process;

    public DeploySecrets Secrets { get; } = new();

    public int Port { get; } = ServiceHost.FreePort();

    public async ValueTask InitializeAsync()
    {
        string folder = Path.GetDirectoryName(Secrets.Folder)!;
        string configuration = (await File.ReadAllTextAsync(Path.Combine(DeploySecrets.Deploy, "mosquitto/mosquitto.conf")))
            .Replace("listener 8883", $"listener {Port.ToString(CultureInfo.InvariantCulture)} 127.0.0.1", StringComparison.Ordinal)
            .Replace("/mosquitto/secrets", Secrets.Folder, StringComparison.Ordinal)
            .Replace("/mosquitto/config/acl", Path.Combine(DeploySecrets.Deploy, "mosquitto/acl"), StringComparison.Ordinal)
            .Replace("/mosquitto/data", folder, StringComparison.Ordinal)
            .Replace("log_dest stdout", $"log_dest file {folder}/log", StringComparison.Ordinal);
        // As root it would become a user who may not read here.
        string file = Path.Combine(folder, "mosquitto.conf");
        await File.WriteAllTextAsync(file, (Environment.IsPrivilegedProcess ? "user root\n" : "") + configuration);
        _process = Process.Start(new ProcessStartInfo(DeploySecrets.Find("mosquitto")!, ["-c", file]) { UseShellExecute = false })!;
        await Wait.UntilAsync(async () =>
        {
            Assert.False(_process.HasExited, File.Exists(folder + "/log") ? await File.ReadAllTextAsync(folder + "/log") : "it ended at once");
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync("127.0.0.1", Port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }, "the broker accepts connections");
    }

    /// <summary>A client that is not started yet; no user = anonymous.</summary>
    internal MosquittoClient Client(string? user, string? password = null) => MqttClients.New(Port, change: options => options with
    {
        Tls = true,
        CaFile = Secrets["ca.pem"],
        Username = user,
        Password = user is null ? null : password ?? Secrets.Read($"broker-password-{user}"),
    });

    internal async Task<MosquittoClient> ConnectAsync(string user)
    {
        MosquittoClient client = Client(user);
        client.Start();
        await client.IsConnectedAsync();
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process?.Dispose();
        Secrets.Dispose();
    }
}
