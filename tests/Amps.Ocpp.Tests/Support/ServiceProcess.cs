using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Amps.Ocpp.Tests.Support;

/// <summary>The service as a process of its own, for what only a process can show: exit codes, signals, a kill.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private readonly StringBuilder _output = new();
    private readonly Process _process;

    private ServiceProcess(Process process, int api, int ocpp, bool readsOutput)
    {
        _process = process;
        Api = new Uri($"http://127.0.0.1:{api}");
        Ocpp = new Uri($"ws://127.0.0.1:{ocpp}/ocpp/");
        Operator = new ApiClient(Api, ServiceHost.OperatorKey);
        if (!readsOutput)
            return;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Uri Api { get; }

    public Uri Ocpp { get; }

    public ApiClient Operator { get; }

    /// <summary>Everything written to standard output and error so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Memory that the process holds now.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts the process; it may end at once.</summary>
    public static ServiceProcess Start(string data, params string[] settings) => Start(data, readsOutput: true, settings);

    /// <summary>Starts a process whose output nobody reads.</summary>
    public static ServiceProcess StartUnread(string data, params string[] settings) => Start(data, readsOutput: false, settings);

    private static ServiceProcess Start(string data, bool readsOutput, string[] settings)
    {
        int api = ServiceHost.FreePort();
        int ocpp = ServiceHost.FreePort();
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Amps.Ocpp.dll"),
            $"--Kestrel:Endpoints:Api:Url=http://127.0.0.1:{api}",
            $"--Kestrel:Endpoints:Ocpp:Url=http://127.0.0.1:{ocpp}",
            $"--Amps:DataDirectory={data}",
            $"--Amps:Mqtt:Port={ServiceHost.FreePort()}",
            $"--Amps:Bootstrap:OperatorKey={ServiceHost.OperatorKey}",
            .. settings.Select(setting => "--" + setting),
        ];
        var start = new ProcessStartInfo("dotnet", arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = data };
        return new ServiceProcess(Process.Start(start)!, api, ocpp, readsOutput);
    }

    /// <summary>Starts and waits until the service says that it is ready.</summary>
    public static async Task<ServiceProcess> StartReadyAsync(string data, params string[] settings)
    {
        ServiceProcess service = Start(data, settings);
        await service.ReadyAsync();
        return service;
    }

    /// <summary>Waits until the service says that it is ready.</summary>
    public async Task ReadyAsync()
    {
        using var http = new HttpClient { BaseAddress = Api };
        await Wait.UntilAsync(async () =>
        {
            Assert.False(_process.HasExited, Output);
            try
            {
                return (await http.GetAsync(new Uri("/health/ready", UriKind.Relative))).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, "the service is ready");
    }

    /// <summary>Makes a customer with a key that may read and control.</summary>
    public async Task<ApiClient> CustomerAsync(string id = "customer", string environment = "live")
    {
        await Operator.PostAsync("/operator/customers", new { id, liveEnabled = true });
        var key = await Operator.PostAsync("/operator/keys", new { customerId = id, environment, permissions = new[] { "read", "control" } });
        return new ApiClient(Api, key.GetProperty("data").GetProperty("key").GetString()!);
    }

    /// <summary>Registers a charge point with one device.</summary>
    public Task RegisterAsync(string chargePoint, string customerId, string device) => Operator.SendAsync(
        HttpMethod.Put, $"/operator/charge-points/{chargePoint}", new { customerId, connectors = new[] { new { connectorId = 1, deviceId = device } } });

    /// <summary>SIGKILL: no word of farewell.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, without waiting.</summary>
    public void Terminate() => Signal("TERM");

    /// <summary>SIGSTOP: it holds everything and does nothing.</summary>
    public void Freeze() => Signal("STOP");

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Signal("CONT");

    private void Signal(string signal)
    {
        using Process kill = Process.Start("kill", ["-" + signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>The exit code, once it has ended.</summary>
    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Wait.Limit);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
        Operator.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.AppendLine(line);
    }
}
