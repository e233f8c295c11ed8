namespace Amps.Ocpp.Tests.Support;

/// <summary>The store on which a test runs the house: the settings of one engine, and of one database for all its lives.</summary>
public sealed class HouseStore(Func<Task<string[]>> make)
{
    private Task<string[]>? _settings;

    /// <summary>The file in the service's own data directory.</summary>
    public static HouseStore Sqlite() => new(() => Task.FromResult<string[]>([]));

    /// <summary>A database of its own on the shared server.</summary>
    public static HouseStore Postgres(PostgresServer server) => new(server.SettingsAsync);

    public Task<string[]> SettingsAsync() => _settings ??= make();

    public async Task<ServiceHost> StartAsync(params string[] settings) =>
        await ServiceHost.StartAsync([.. settings, .. await SettingsAsync()]);

    /// <summary>Starts on the data of an earlier life.</summary>
    public async Task<ServiceHost> StartOnAsync(string data, params string[] settings) =>
        await ServiceHost.StartOnAsync(data, [.. settings, .. await SettingsAsync()]);
}
