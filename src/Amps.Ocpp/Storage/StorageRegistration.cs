using Amps.Ocpp.Actions;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Nodes;
using Amps.Ocpp.Readings;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Storage.Postgres;
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
        services.AddSingleton(options.Retention);
        services.AddSingleton<StorageMetrics>();
        services.AddSingleton<StorageHealth>();
        services.AddSingleton<IStorageHealth>(provider => provider.GetRequiredService<StorageHealth>());
        if (options.Provider == StorageProvider.Postgres)
            services.AddEngine<PostgresDatabase>();
        else
            services.AddEngine<SqliteDatabase>();
        services.TryAddSingleton<RegistrySignal>();
        services.AddSingleton<IRegistryStore, RegistryStore>();
        services.AddSingleton<IChargePointStore, ChargePointStore>();
        services.AddSingleton<IDeviceLinkStore, DeviceLinkStore>();
        services.AddSingleton<ISecurityEventStore, SecurityEventStore>();
        services.AddSingleton<IActionStore, ActionStore>();
        services.AddSingleton<ILeaseStore, LeaseStore>();
        services.AddSingleton<ILastKnownStateStore, LastKnownStateStore>();
        services.TryAddSingleton<DeliverySignal>();
        services.AddSingleton<IWebhookEndpointStore, WebhookEndpointStore>();
        services.AddSingleton<IDeliveryStore, DeliveryStore>();
        services.AddHostedService<RetentionSweeper>();
        return services;
    }

    private static void AddEngine<T>(this IServiceCollection services)
        where T : class, IDatabase, IStorageLifetime
    {
        services.AddSingleton<T>();
        services.AddSingleton<IDatabase>(provider => provider.GetRequiredService<T>());
        services.AddSingleton<IStorageLifetime>(provider => provider.GetRequiredService<T>());
    }
}
