using Amps.Ocpp.Mqtt.Broker;

namespace Amps.Ocpp.Mqtt;

/// <summary>Broker first, then the client; the other way round at the end, so that the last words are still saved.</summary>
internal sealed class MqttHostedService(ManagedBroker? broker, IMqttClient client) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (broker is not null)
            await broker.StartAsync(cancellationToken);
        client.Start();
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await client.DisposeAsync();
        if (broker is not null)
            await broker.StopAsync(cancellationToken);
    }
}
