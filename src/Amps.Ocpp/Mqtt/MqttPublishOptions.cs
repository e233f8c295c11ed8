namespace Amps.Ocpp.Mqtt;

/// <summary>How one message is published. Make the few that are needed once and share them.</summary>
public sealed record MqttPublishOptions
{
    /// <summary>QoS 1, not retained.</summary>
    public static MqttPublishOptions Default { get; } = new();

    /// <summary>QoS 1, retained.</summary>
    public static MqttPublishOptions Retained { get; } = new() { Retain = true };

    public MqttQos Qos { get; init; } = MqttQos.AtLeastOnce;

    /// <summary>The broker keeps the message for later subscribers; an empty payload deletes what it keeps.</summary>
    public bool Retain { get; init; }

    /// <summary>Topic on which the receiver answers (MQTT 5, clause 3.3.2.3.5).</summary>
    public string? ResponseTopic { get; init; }

    /// <summary>Opaque bytes that the answer carries back, at most 65,535 (MQTT 5, clause 3.3.2.3.6).</summary>
    public ReadOnlyMemory<byte> CorrelationData { get; init; }

    /// <summary>Seconds after which the broker no longer delivers the message (MQTT 5, clause 3.3.2.3.3).</summary>
    public uint? MessageExpirySeconds { get; init; }
}

/// <summary>Delivery guarantee of one hop, client to broker or broker to client (MQTT 5, clause 4.3).</summary>
public enum MqttQos
{
    /// <summary>Sent once, never acknowledged.</summary>
    AtMostOnce = 0,

    /// <summary>Acknowledged by the broker; may arrive twice.</summary>
    AtLeastOnce = 1,
}
