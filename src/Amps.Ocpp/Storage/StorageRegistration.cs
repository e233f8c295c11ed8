using Amps.Ocpp.Actions;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Readings;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Storage.Sqlite;
using Amps.Ocpp.Webhooks;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Amps.Ocpp.Storage;

/// <summary>Registers the store behind the ports of the other rooms.</summary>
public static class StorageRegistration
{
    /// <summary>
    /// Adds the stores, <see cref="IStorageHealth"/> and <see cref="IStorageLifetime"/>, which the program starts before
    /// anything that reads or writes and stops after it.
    /// </summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, StorageOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<StorageMetrics>();
        services.AddSingleton<StorageHealth>();
        services.AddSingleton<IStorageHealth>(provider => provider.GetRequiredService<StorageHealth>());
        services.AddSingleton<SqliteDatabase>();
        services.AddSingleton<IDatabase>(provider => provider.GetRequiredService<SqliteDatabase>());
        services.AddSingleton<IStorageLifetime>(provider => provider.GetRequiredService<SqliteDatabase>());
        services.AddSingleton<IRegistryStore, RegistryStore>();
        services.AddSingleton<IChargePointStore, ChargePointStore>();
        services.AddSingleton<IDeviceLinkStore, DeviceLinkStore>();
        services.AddSingleton<IActionStore, ActionStore>();
        services.AddSingleton<ILastKnownStateStore, LastKnownStateStore>();
        services.TryAddSingleton<DeliverySignal>();
        services.AddSingleton<IWebhookEndpointStore, WebhookEndpointStore>();
        services.AddSingleton<IDeliveryStore, DeliveryStore>();
        return services;
    }
}
