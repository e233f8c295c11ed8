using System.Diagnostics.Metrics;
using Amps.Ocpp.Actions;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Readings;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Storage;
using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>An open store of one engine; what the tests of the ports need of it.</summary>
public abstract class StoreFixture : IAsyncDisposable
{
    private ServiceProvider? _services;

    public IRegistryStore Registry => Get<IRegistryStore>();

    public Amps.Ocpp.Nodes.ILeaseStore Leases => Get<Amps.Ocpp.Nodes.ILeaseStore>();

    public IChargePointStore ChargePoints => Get<IChargePointStore>();

    public IActionStore Actions => Get<IActionStore>();

    public ILastKnownStateStore LastKnownStates => Get<ILastKnownStateStore>();

    public IWebhookEndpointStore WebhookEndpoints => Get<IWebhookEndpointStore>();

    public IDeliveryStore Deliveries => Get<IDeliveryStore>();

    public IDeviceLinkStore DeviceLinks => Get<IDeviceLinkStore>();

    public ISecurityEventStore SecurityEvents => Get<ISecurityEventStore>();

    public DeliverySignal DeliverySignal => Get<DeliverySignal>();

    public IStorageHealth Health => Get<IStorageHealth>();

    public IStorageLifetime Lifetime => Get<IStorageLifetime>();

    internal StorageMetrics Metrics => Get<StorageMetrics>();

    internal IDatabase Database => Get<IDatabase>();

    /// <summary>Owner of the store's meter, by which a listener tells it from those of other tests.</summary>
    public IMeterFactory Meters => Get<IMeterFactory>();

    protected abstract StorageOptions Options { get; }

    /// <summary>Opens what is there, as a start of the process does.</summary>
    public virtual async Task OpenAsync()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddMetrics();
        services.AddStorage(Options);
        _services = services.BuildServiceProvider();
        await Lifetime.StartAsync(CancellationToken.None);
    }

    /// <summary>Closes it as a stop of the process does.</summary>
    public async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _services, null) is not { } services)
            return;
        await services.GetRequiredService<IStorageLifetime>().StopAsync(CancellationToken.None);
        await services.DisposeAsync();
    }

    public async Task ReopenAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private T Get<T>()
        where T : notnull =>
        (_services ?? throw new InvalidOperationException("The store is not open.")).GetRequiredService<T>();
}
