using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;

namespace Amps.Ocpp.Tests.Support;

/// <summary>A charge point that nobody here wrote: the npm package ocpp-rpc in strict mode, as a process of its own.</summary>
public sealed class ForeignChargePoint : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Channel<JsonElement> _events = Channel.CreateUnbounded<JsonElement>();
    private readonly List<string> _violations = [];

    private ForeignChargePoint(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Complain(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Frames that broke the official schemas in either direction, and errors of the client.</summary>
    public IReadOnlyList<string> Violations
    {
        get
        {
            lock (_violations)
                return [.. _violations];
        }
    }

    /// <summary>Starts <c>charge-point.mjs</c>, which speaks 1.6, or another of the folder.</summary>
    public static ForeignChargePoint Start(Uri ocpp, string id, string? password = null, string script = "charge-point.mjs", string? subprotocol = null)
    {
        string folder = Path.Combine(Repository.Root, "tests", "ocpp-rpc");
        Assert.True(Directory.Exists(Path.Combine(folder, "node_modules")), "tests/ocpp-rpc has no node_modules: ./test.sh installs them (npm ci)");
        var start = new ProcessStartInfo("node", [script, ocpp.ToString().TrimEnd('/'), id])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (password is not null)
            start.ArgumentList.Add(password);
        if (password is not null && subprotocol is not null)
            start.ArgumentList.Add(subprotocol);
        start.Environment["AMPS_OCPP_SCHEMAS"] = OcppSchemas.Folder;
        return new ForeignChargePoint(new Process { StartInfo = start });
    }

    /// <summary>plug, unplug, meter or quit.</summary>
    public Task DoAsync(string command) => _process.StandardInput.WriteLineAsync(command);

    /// <summary>The next event of this name that satisfies the condition.</summary>
    public async Task<JsonElement> AwaitAsync(string name, Func<JsonElement, bool>? condition = null, int seconds = 20)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        try
        {
            while (true)
            {
                JsonElement happened = await _events.Reader.ReadAsync(limit.Token);
                if (happened.GetProperty("event").GetString() == name && (condition is null || condition(happened)))
                    return happened;
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"'{name}' never came; violations: {string.Join("; ", Violations)}");
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
            return;
        JsonElement happened = JsonDocument.Parse(line).RootElement;
        if (happened.GetProperty("event").GetString() is "violation" or "error")
            Complain(line);
        else
            _events.Writer.TryWrite(happened);
    }

    private void Complain(string? line)
    {
        if (line is null)
            return;
        lock (_violations)
            _violations.Add(line);
    }
}
