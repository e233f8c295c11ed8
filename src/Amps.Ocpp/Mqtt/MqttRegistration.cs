using Amps.Ocpp.Mqtt.Broker;
using Amps.Ocpp.Mqtt.Native;

namespace Amps.Ocpp.Mqtt;

/// <summary>Puts the room into the service.</summary>
public static class MqttRegistration
{
    /// <summary>
    /// Adds one <see cref="IMqttClient"/>, and what starts and stops both the managed broker and the client. To be called before
    /// the rooms that publish are added: hosted services stop in reverse order.
    /// </summary>
    /// <param name="services">The service's collection.</param>
    /// <param name="options">Which broker, and the limits of the link.</param>
    /// <param name="dataDirectory">Where the managed broker keeps its files.</param>
    /// <param name="lastWill">What the broker publishes when this node goes.</param>
    public static IServiceCollection AddMqtt(this IServiceCollection services, MqttOptions options, string dataDirectory, MqttLastWill? lastWill = null)
    {
        services.AddSingleton(options);
        if (options.Mode == MqttMode.Managed)
            services.AddSingleton(provider => new ManagedBroker(options, dataDirectory, provider.GetRequiredService<ILogger<ManagedBroker>>()));
        if (options.Mode == MqttMode.Off)
            services.AddSingleton<IMqttClient, NullMqttClient>();
        else
            services.AddSingleton<IMqttClient>(provider => new MosquittoClient(options, lastWill, provider.GetRequiredService<ILogger<MosquittoClient>>()));
        services.AddHostedService(provider => new MqttHostedService(provider.GetService<ManagedBroker>(), provider.GetRequiredService<IMqttClient>()));
        return services;
    }
}
