using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Amps.Ocpp.Tests.Support;

/// <summary>A real mosquitto on a free loopback port, with its own directory.</summary>
public sealed class MosquittoProcess : IAsyncDisposable
{
    private readonly string _extraConfiguration;
    private Process? _process;

    private MosquittoProcess(int port, string extraConfiguration)
    {
        Port = port;
        _extraConfiguration = extraConfiguration;
        Directory = System.IO.Directory.CreateTempSubdirectory("mosquitto-").FullName;
    }

    public int Port { get; }

    public string Directory { get; }

    public int ProcessId => _process!.Id;

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Reserves a port and a directory; nothing runs yet.</summary>
    public static MosquittoProcess Create(string extraConfiguration = "allow_anonymous true") => new(FreePort(), extraConfiguration);

    public static async Task<MosquittoProcess> StartNewAsync(string extraConfiguration = "allow_anonymous true")
    {
        var broker = Create(extraConfiguration);
        await broker.StartAsync();
        return broker;
    }

    /// <summary>Starts, or starts again; with the retained messages that it had when it was last stopped in order, or without any.</summary>
    public async Task StartAsync(bool keepRetained = true)
    {
        var configuration = Path.Combine(Directory, "mosquitto.conf");
        var user = Environment.IsPrivilegedProcess ? "user root\n" : "";
        await File.WriteAllTextAsync(configuration, string.Create(CultureInfo.InvariantCulture, $"""
            {user}listener {Port} 127.0.0.1
            set_tcp_nodelay true
            persistence true
            persistence_location {Directory}/
            log_dest file {Directory}/log
            max_queued_messages 0
            {_extraConfiguration}

            """));
        if (!keepRetained)
            File.Delete(Path.Combine(Directory, "mosquitto.db"));
        var program = new[] { "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto" }.First(File.Exists);
        _process = Process.Start(new ProcessStartInfo(program, ["-c", configuration]) { UseShellExecute = false })!;
        await Wait.UntilAsync(AcceptsAsync, "mosquitto accepts connections");
    }

    /// <summary>SIGKILL: nothing is saved.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM: retained messages are saved.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            await KillAsync();
        _process?.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private async Task<bool> AcceptsAsync()
    {
        if (_process!.HasExited)
            throw new InvalidOperationException("mosquitto ended: " + await File.ReadAllTextAsync(Path.Combine(Directory, "log")));
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await probe.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
