using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Amps.Ocpp.Tests.Support;

/// <summary>
/// A real PostgreSQL on a free loopback port, with a throw-away cluster of its own. The server refuses to run as root, so
/// there it runs as the distribution's user <c>postgres</c>.
/// </summary>
public sealed class PostgresProcess : IAsyncDisposable
{
    public const string Password = "password-of-the-throw-away-cluster";

    private readonly string _extraConfiguration;
    private readonly string _programs;
    private readonly ConcurrentQueue<string> _log = new();
    private Process? _process;
    private int _databases;

    private PostgresProcess(string extraConfiguration)
    {
        _extraConfiguration = extraConfiguration;
        _programs = Programs();
        Port = MosquittoProcess.FreePort();
        Directory = System.IO.Directory.CreateTempSubdirectory("postgres-").FullName;
    }

    public int Port { get; }

    public string Directory { get; }

    public int ProcessId => _process!.Id;

    private string Data => Path.Combine(Directory, "data");

    /// <summary>Makes a cluster and starts its server; more lines of <c>postgresql.conf</c> may be given.</summary>
    public static async Task<PostgresProcess> StartNewAsync(string extraConfiguration = "")
    {
        var server = new PostgresProcess(extraConfiguration);
        try
        {
            await server.InitializeAsync();
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a database and returns the connection string of its owner.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"amps_{Interlocked.Increment(ref _databases)}");
        await ExecuteAsync(ConnectionString("postgres"), $"CREATE DATABASE {name}");
        return ConnectionString(name);
    }

    public string ConnectionString(string database, int? port = null) =>
        $"Host=127.0.0.1;Port={port ?? Port};Username=postgres;Password={Password};Database={database};SSL Mode=Disable";

    /// <summary>Runs a statement on a connection of its own; returns its first value.</summary>
    public static async Task<object?> ExecuteAsync(string connectionString, string statement)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = statement;
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Starts, or starts again.</summary>
    public async Task StartAsync()
    {
        _process = Process.Start(AsServer("postgres", "-D", Data))!;
        _process.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        await Wait.UntilAsync(AcceptsAsync, "PostgreSQL accepts connections");
    }

    /// <summary>SIGINT: sessions are ended, everything is written.</summary>
    public Task StopAsync() => EndAsync("INT");

    /// <summary>SIGQUIT: ends at once, the next start recovers from the log.</summary>
    public Task CrashAsync() => EndAsync("QUIT");

    /// <summary>SIGSTOP for the server and all its sessions: connections stay up and nothing answers.</summary>
    public Task FreezeAsync() => SignalFamilyAsync("STOP");

    public Task ThawAsync() => SignalFamilyAsync("CONT");

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await SignalFamilyAsync("CONT");
            await CrashAsync();
        }
        _process?.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static string Programs()
    {
        const string Root = "/usr/lib/postgresql";
        string? version = System.IO.Directory.Exists(Root)
            ? System.IO.Directory.GetDirectories(Root).Where(path => File.Exists(Path.Combine(path, "bin", "initdb")))
                .MaxBy(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out int number) ? number : 0)
            : null;
        return version is null
            ? throw new InvalidOperationException("PostgreSQL is not installed (Debian: postgresql); test.sh installs it.")
            : Path.Combine(version, "bin");
    }

    private async Task InitializeAsync()
    {
        string passwords = Path.Combine(Directory, "password");
        await File.WriteAllTextAsync(passwords, Password);
        if (Environment.IsPrivilegedProcess)
            await RunAsync(new ProcessStartInfo("chown", ["-R", "postgres:postgres", Directory]));
        await RunAsync(AsServer("initdb", "-D", Data, "-U", "postgres", "-A", "scram-sha-256", $"--pwfile={passwords}", "-E", "UTF8", "--locale=C", "--no-sync"));
        await File.AppendAllTextAsync(Path.Combine(Data, "postgresql.conf"), string.Create(CultureInfo.InvariantCulture, $"""

            listen_addresses = '127.0.0.1'
            port = {Port}
            unix_socket_directories = ''
            max_connections = 200
            {_extraConfiguration}

            """));
    }

    private ProcessStartInfo AsServer(string program, params string[] arguments)
    {
        string path = Path.Combine(_programs, program);
        ProcessStartInfo start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments])
            : new ProcessStartInfo(path, arguments);
        start.WorkingDirectory = Directory;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return start;
    }

    private static async Task RunAsync(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{start.FileName} ended with {process.ExitCode}: {error}");
    }

    private async Task EndAsync(string signal)
    {
        await SignalAsync(signal, [_process!.Id]);
        await _process.WaitForExitAsync();
    }

    private async Task SignalFamilyAsync(string signal)
    {
        string children = $"/proc/{_process!.Id}/task/{_process.Id}/children";
        int[] family = [_process.Id, .. (await File.ReadAllTextAsync(children)).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
        await SignalAsync(signal, family);
    }

    private static async Task SignalAsync(string signal, int[] processes)
    {
        using var kill = Process.Start("kill", [$"-{signal}", .. processes.Select(id => id.ToString(CultureInfo.InvariantCulture))]);
        await kill.WaitForExitAsync();
    }

    private async Task<bool> AcceptsAsync()
    {
        if (_process!.HasExited)
            throw new InvalidOperationException("PostgreSQL ended: " + string.Join('\n', _log));
        try
        {
            await ExecuteAsync(ConnectionString("postgres"), "SELECT 1");
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
