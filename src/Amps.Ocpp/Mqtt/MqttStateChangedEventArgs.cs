namespace Amps.Ocpp.Mqtt;

/// <summary>The state of the link after a change.</summary>
public sealed class MqttStateChangedEventArgs(MqttConnectionState state) : EventArgs
{
    public MqttConnectionState State { get; } = state;
}
