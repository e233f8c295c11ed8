using System.Diagnostics;
using System.Globalization;

namespace Amps.Ocpp.Mqtt;

/// <summary>
/// The service's own mosquitto on loopback: configured, started, watched, started again when it dies, ended with the service.
/// One left over by a killed service is found by its pid file and ended first.
/// </summary>
internal sealed partial class ManagedBroker(MqttOptions options, TimeProvider time, ILogger<ManagedBroker> logger) : BackgroundService
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly string[] s_places = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"];

    private string Folder => Path.Combine(options.DataDirectory, "mosquitto");

    private string ConfigurationFile => Path.Combine(Folder, "mosquitto.conf");

    private string PidFile => Path.Combine(Folder, "mosquitto.pid");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (Array.Find(s_places, File.Exists) is not { } program)
        {
            LogMissing();
            return;
        }
        WriteConfiguration();
        EndLeftOver();
        TimeSpan pause = ShortestPause;
        while (!stoppingToken.IsCancellationRequested)
        {
            long started = time.GetTimestamp();
            try
            {
                await RunOnceAsync(program, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is IOException or System.ComponentModel.Win32Exception or InvalidOperationException)
            {
                LogNotStarted(e.Message);
            }
            pause = time.GetElapsedTime(started) > LongestPause ? ShortestPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;
            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Starts it and returns when it has ended.</summary>
    private async Task RunOnceAsync(string program, CancellationToken stoppingToken)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, ["-c", ConfigurationFile]) 
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            },
        };
        string lastWords = "";
        process.ErrorDataReceived += (_, line) => lastWords = line.Data ?? lastWords;
        process.OutputDataReceived += (_, line) => lastWords = line.Data ?? lastWords;
        process.Start();
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        await File.WriteAllTextAsync(PidFile, process.Id.ToString(CultureInfo.InvariantCulture), CancellationToken.None);
        LogStarted(process.Id, options.Port);
        try
        {
            await process.WaitForExitAsync(stoppingToken);
            LogDied(process.ExitCode, options.Port, lastWords);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(process);
            throw;
        }
        finally
        {
            File.Delete(PidFile);
        }
    }

    /// <summary>SIGTERM first, so that it writes down its retained messages.</summary>
    private static async Task EndAsync(Process process)
    {
        using (var term = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]))
            await term.WaitForExitAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
        }
    }

    private void EndLeftOver()
    {
        if (!File.Exists(PidFile) || !int.TryParse(File.ReadAllText(PidFile), CultureInfo.InvariantCulture, out int pid))
            return;
        // The pid may be somebody else's by now: only a process with our configuration is ours.
        string commandLine = $"/proc/{pid}/cmdline";
        if (!File.Exists(commandLine) || !File.ReadAllText(commandLine).Contains(ConfigurationFile, StringComparison.Ordinal))
            return;
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
            process.WaitForExit(3000);
            LogLeftOver(pid);
        }
        catch (ArgumentException)
        {
            // It ended by itself.
        }
    }

    private void WriteConfiguration()
    {
        Directory.CreateDirectory(Folder);
        // Loopback only, so that no password is needed; the queue limits are far above the number of retained topics, because
        // beyond them the broker drops retained messages without a word (faults M13).
        File.WriteAllText(ConfigurationFile, string.Create(CultureInfo.InvariantCulture, $"""
            listener {options.Port} 127.0.0.1
            allow_anonymous true
            set_tcp_nodelay true
            persistence true
            persistence_location {Folder}/
            autosave_interval 60
            max_queued_messages 1000000
            max_queued_bytes 0
            max_packet_size 1048576
            log_dest stderr
            log_type error
            log_type warning
            user root

            """));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Broker started, pid {Pid}, port {Port}")]
    private partial void LogStarted(int pid, int port);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Broker ended with code {Code} (port {Port}): {LastWords}; starting it again")]
    private partial void LogDied(int code, int port, string lastWords);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Broker not started: {Reason}")]
    private partial void LogNotStarted(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A broker left over by an earlier run was ended, pid {Pid}")]
    private partial void LogLeftOver(int pid);

    [LoggerMessage(Level = LogLevel.Error, Message = "mosquitto is not installed (Debian package mosquitto); reads are answered without a cache")]
    private partial void LogMissing();
}
