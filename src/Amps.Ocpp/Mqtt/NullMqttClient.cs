namespace Amps.Ocpp.Mqtt;

/// <summary>No broker at all (mode <c>Off</c>).</summary>
internal sealed class NullMqttClient : IMqttClient
{
    public MqttConnectionState State => MqttConnectionState.Off;

    public event Action? Connected
    {
        add { }
        remove { }
    }

    public ValueTask<MqttPublishResult> PublishAsync(string topic, ReadOnlyMemory<byte> payload, MqttPublishOptions options, CancellationToken cancellationToken) =>
        ValueTask.FromResult(MqttPublishResult.NotConnected);

    public MqttSubscription Subscribe(string filter, MqttQos qos) => new(filter, qos, static _ => { });
}
