using Amps.Ocpp.Storage;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>A store on a database of its own.</summary>
public sealed class PostgresStoreFixture : StoreFixture
{
    private readonly Func<Task<string>> _create;
    private readonly Func<StorageOptions, StorageOptions> _configure;
    private string? _connectionString;

    /// <param name="server">Makes the database when the store is first opened.</param>
    public PostgresStoreFixture(PostgresServer server, Func<StorageOptions, StorageOptions>? configure = null)
        : this(server.CreateDatabaseAsync, configure)
    {
    }

    public PostgresStoreFixture(string connectionString, Func<StorageOptions, StorageOptions>? configure = null)
        : this(() => Task.FromResult(connectionString), configure)
    {
    }

    private PostgresStoreFixture(Func<Task<string>> create, Func<StorageOptions, StorageOptions>? configure)
    {
        _create = create;
        _configure = configure ?? (options => options);
    }

    public string ConnectionString => _connectionString!;

    protected override StorageOptions Options => _configure(new StorageOptions
    {
        Provider = StorageProvider.Postgres,
        ConnectionString = _connectionString,
        ProbeInterval = TimeSpan.FromMilliseconds(20),
    });

    public static async Task<PostgresStoreFixture> OpenNewAsync(PostgresServer server, Func<StorageOptions, StorageOptions>? configure = null)
    {
        var store = new PostgresStoreFixture(server, configure);
        await store.OpenAsync();
        return store;
    }

    public override async Task OpenAsync()
    {
        _connectionString ??= await _create();
        await base.OpenAsync();
    }
}
