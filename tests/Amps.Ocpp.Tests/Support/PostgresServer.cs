using Amps.Ocpp.Tests.Support;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace Amps.Ocpp.Tests.Support;

/// <summary>The one PostgreSQL that the tests of a run share; started by the first that needs it.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresProcess>> _process = new(() => PostgresProcess.StartNewAsync());

    /// <summary>A new, empty database; its connection string.</summary>
    public async Task<string> CreateDatabaseAsync() => await (await _process.Value).CreateDatabaseAsync();

    /// <summary>A service's settings for a new database.</summary>
    public async Task<string[]> SettingsAsync() => SettingsFor(await CreateDatabaseAsync());

    /// <summary>A service's settings for a database.</summary>
    public static string[] SettingsFor(string connectionString) =>
        ["Amps:Database:Provider=Postgres", $"Amps:Database:ConnectionString={connectionString}"];

    public async ValueTask DisposeAsync()
    {
        if (_process.IsValueCreated)
            await (await _process.Value).DisposeAsync();
    }
}
