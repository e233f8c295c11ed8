namespace Amps.Ocpp.Mqtt;

/// <summary>State of the link to the broker.</summary>
public enum MqttConnectionState
{
    /// <summary>Mode <c>Off</c>: there is no broker and never will be.</summary>
    Off,

    /// <summary>No link; the next attempt follows by itself.</summary>
    Disconnected,

    /// <summary>The broker accepted the connection and all subscriptions were sent.</summary>
    Connected,
}

/// <summary>The state of the link after a change.</summary>
public sealed class MqttStateChangedEventArgs(MqttConnectionState state) : EventArgs
{
    public MqttConnectionState State { get; } = state;
}
