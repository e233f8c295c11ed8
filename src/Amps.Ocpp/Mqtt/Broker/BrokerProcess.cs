using System.Diagnostics;
using System.Globalization;
using System.Text;
using Amps.Ocpp.Mqtt.Native;

namespace Amps.Ocpp.Mqtt.Broker;

/// <summary>One run of the mosquitto program.</summary>
internal sealed class BrokerProcess : IDisposable
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);
    private static readonly string[] Folders = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/sbin"];

    private readonly Process _process;
    private volatile string? _lastError;

    private BrokerProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Full path of the program, or null when it is not installed.</summary>
    public static string? Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(Folders)
            .Select(folder => Path.Combine(folder, "mosquitto"))
            .FirstOrDefault(File.Exists);

    public static BrokerProcess Start(string program, BrokerFiles files)
    {
        var start = new ProcessStartInfo(program, ["-c", files.Configuration])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            WorkingDirectory = files.Directory,
        };
        // The service's environment may hold passwords.
        start.Environment.Clear();
        var process = Process.Start(start) ?? throw new InvalidOperationException("mosquitto did not start.");
        process.StandardInput.Close();
        try
        {
            File.WriteAllText(files.ProcessId, process.Id.ToString(CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            process.Kill();
            throw;
        }
        var broker = new BrokerProcess(process);
        process.ErrorDataReceived += (_, line) => broker.Note(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return broker;
    }

    /// <summary>
    /// Ends a mosquitto that an earlier, killed run of the service left behind. A number in the file that now belongs to anything
    /// else, even to a mosquitto with another configuration, is left alone.
    /// </summary>
    public static async Task<int?> EndOrphanAsync(BrokerFiles files)
    {
        if (!TryReadProcessId(files.ProcessId, out var id) || !IsOurs(id, files.Configuration))
            return null;
        try
        {
            using var orphan = Process.GetProcessById(id);
            await EndAsync(orphan);
            return id;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public bool HasExited => _process.HasExited;

    /// <summary>After the end: how it came.</summary>
    public string Ending => $"exit code {_process.ExitCode}{(_lastError is { } line ? $", {line}" : "")}";

    /// <summary>Asks it to save its retained messages and end, then makes it end.</summary>
    public Task EndAsync() => EndAsync(_process);

    public void Dispose() => _process.Dispose();

    private void Note(string? line)
    {
        // It also warns, at each start as root, that it should not be.
        if (line?.Contains("Error", StringComparison.Ordinal) is true)
            _lastError = line;
    }

    private static async Task EndAsync(Process process)
    {
        if (process.HasExited)
            return;
        _ = LibC.Kill(process.Id, LibC.SignalTerminate);
        using var limit = new CancellationTokenSource(EndLimit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static bool TryReadProcessId(string file, out int id)
    {
        id = 0;
        return File.Exists(file) && int.TryParse(File.ReadAllText(file), NumberStyles.None, CultureInfo.InvariantCulture, out id);
    }

    private static bool IsOurs(int id, string configuration)
    {
        try
        {
            var arguments = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{id}/cmdline")).Split('\0');
            return Path.GetFileName(arguments[0]) is "mosquitto" && arguments.Contains(configuration, StringComparer.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
