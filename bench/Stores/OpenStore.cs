using Amps.Ocpp.Actions;
using Amps.Ocpp.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Amps.Ocpp.Bench.Stores;

/// <summary>The service's store of actions, opened alone.</summary>
internal sealed class OpenStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private OpenStore(ServiceProvider services) => _services = services;

    public IActionStore Actions => _services.GetRequiredService<IActionStore>();

    public static async Task<OpenStore> OpenAsync(StorageOptions options)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddMetrics();
        services.AddStorage(options);
        ServiceProvider provider = services.BuildServiceProvider();
        await provider.GetRequiredService<IStorageLifetime>().StartAsync(CancellationToken.None);
        return new OpenStore(provider);
    }

    /// <summary>Makes the tables of a new database.</summary>
    public static async Task PrepareAsync(StorageOptions options)
    {
        await using OpenStore store = await OpenAsync(options);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.GetRequiredService<IStorageLifetime>().StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }
}
