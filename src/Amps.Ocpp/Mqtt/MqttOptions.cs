namespace Amps.Ocpp.Mqtt;

/// <summary>Whose broker is used (operator surface, <c>Amps:Mqtt:Mode</c>).</summary>
public enum MqttMode
{
    /// <summary>The service starts and watches its own mosquitto on loopback.</summary>
    Managed,

    /// <summary>Somebody else's broker.</summary>
    External,

    /// <summary>None: reads are answered from the chargers and from the last known state.</summary>
    Off,
}

/// <summary>Settings of the room, validated at start.</summary>
public sealed record MqttOptions
{
    public MqttMode Mode { get; init; } = MqttMode.Managed;

    public string Host { get; init; } = "127.0.0.1";

    public int Port { get; init; } = 1883;

    public string? Username { get; init; }

    /// <summary>Never logged.</summary>
    public string? Password { get; init; }

    public bool Tls { get; init; }

    /// <summary>Where a managed broker keeps its files.</summary>
    public string DataDirectory { get; init; } = "data";

    /// <summary>Client id; unique per node.</summary>
    public string ClientId { get; init; } = "amps-" + System.Environment.MachineName;

    /// <summary>Topic of this node's presence: <c>online</c> while connected, <c>offline</c> as the last will.</summary>
    public string? PresenceTopic { get; init; }
}
