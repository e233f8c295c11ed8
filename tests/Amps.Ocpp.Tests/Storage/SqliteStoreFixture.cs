using Amps.Ocpp.Storage;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>A store on a real SQLite file in a directory of its own.</summary>
public sealed class SqliteStoreFixture : StoreFixture
{
    private readonly bool _ownsDirectory;

    public SqliteStoreFixture(string? directory = null, Func<StorageOptions, StorageOptions>? configure = null)
    {
        _ownsDirectory = directory is null;
        DataDirectory = directory ?? Directory.CreateTempSubdirectory("amps-storage-").FullName;
        var options = new StorageOptions { DataDirectory = DataDirectory, ProbeInterval = TimeSpan.FromMilliseconds(20) };
        Options = configure is null ? options : configure(options);
    }

    public string DataDirectory { get; }

    public string DatabaseFile => Path.Combine(DataDirectory, "amps.db");

    protected override StorageOptions Options { get; }

    public static async Task<SqliteStoreFixture> OpenNewAsync(Func<StorageOptions, StorageOptions>? configure = null)
    {
        var store = new SqliteStoreFixture(configure: configure);
        await store.OpenAsync();
        return store;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_ownsDirectory)
            Directory.Delete(DataDirectory, recursive: true);
    }
}
