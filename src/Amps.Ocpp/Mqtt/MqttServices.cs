namespace Amps.Ocpp.Mqtt;

/// <summary>Registers the room.</summary>
public static class MqttServices
{
    public static IServiceCollection AddMqtt(this IServiceCollection services, MqttOptions options)
    {
        services.AddSingleton(options);
        if (options.Mode == MqttMode.Off)
            return services.AddSingleton<IMqttClient, NullMqttClient>();
        if (options.Mode == MqttMode.Managed)
            services.AddHostedService<ManagedBroker>();
        services.AddSingleton<MosquittoClient>();
        services.AddSingleton<IMqttClient>(provider => provider.GetRequiredService<MosquittoClient>());
        services.AddHostedService(provider => provider.GetRequiredService<MosquittoClient>());
        return services;
    }
}
