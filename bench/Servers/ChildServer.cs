using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Amps.Ocpp.Bench.Servers;

/// <summary>A server in a process of its own, told by lines what to do: the parent's side of <see cref="ServerLoop"/>.</summary>
internal sealed class ChildServer : IAsyncDisposable
{
    private readonly Process _process;

    private ChildServer(Process process, int ocppPort, int apiPort)
    {
        _process = process;
        OcppPort = ocppPort;
        ApiPort = apiPort;
    }

    public int OcppPort { get; }

    public int ApiPort { get; }

    /// <summary>Starts a server and waits until it listens.</summary>
    /// <param name="kind">One of the kinds that <see cref="ServerLoop"/> knows.</param>
    /// <param name="data">Data directory of the service; not used by the others.</param>
    /// <param name="settings">Further settings of the service, <c>key=value</c>.</param>
    public static async Task<ChildServer> StartAsync(string kind, string data = "", params string[] settings)
    {
        ChildServer server = Launch(kind, data, settings);
        string? line = await server._process.StandardOutput.ReadLineAsync();
        return line == "ready" ? server : throw new InvalidOperationException($"The server '{kind}' did not start: {line}");
    }

    /// <summary>Starts a server without waiting for anything.</summary>
    public static ChildServer Launch(string kind, string data, params string[] settings)
    {
        int ocpp = FreePort();
        int api = FreePort();
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(typeof(ChildServer).Assembly.Location);
        foreach (string argument in (string[])["serve", kind, Text(ocpp), Text(api), Text(FreePort()), data])
            start.ArgumentList.Add(argument);
        foreach (string setting in settings)
        {
            start.ArgumentList.Add("--setting");
            start.ArgumentList.Add(setting);
        }
        return new ChildServer(Process.Start(start)!, ocpp, api);

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Processor time of the process in µs and managed bytes allocated, since its start.</summary>
    public async Task<(double CpuMicroseconds, double AllocatedBytes)> FiguresAsync()
    {
        string[] words = (await AskAsync("figures")).Split(' ');
        return (Number(words[0]), Number(words[1]));
    }

    /// <summary>Managed heap and private resident memory after a forced collection, bytes.</summary>
    public async Task<(double Heap, double Private)> MemoryAsync()
    {
        string[] words = (await AskAsync("memory")).Split(' ');
        return (Number(words[0]), Number(words[1]));
    }

    /// <summary>Registers accepted charge points; returns the key of the customer that owns them.</summary>
    public Task<string> SeedAsync(int count) => AskAsync($"seed {count}");

    /// <summary>Ends the process as a crash does.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (_process.HasExited)
        {
            _process.Dispose();
            return;
        }
        await _process.StandardInput.WriteLineAsync("quit");
        await _process.StandardInput.FlushAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }
        _process.Dispose();
    }

    private async Task<string> AskAsync(string question)
    {
        await _process.StandardInput.WriteLineAsync(question);
        await _process.StandardInput.FlushAsync();
        return await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The server has ended.");
    }

    private static double Number(string word) => double.Parse(word, CultureInfo.InvariantCulture);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
