namespace Amps.Ocpp.Mqtt;

/// <summary>Delivery guarantee of one hop, client to broker or broker to client (MQTT 5, clause 4.3).</summary>
public enum MqttQos
{
    /// <summary>Sent once, never acknowledged.</summary>
    AtMostOnce = 0,

    /// <summary>Acknowledged by the broker; may arrive twice.</summary>
    AtLeastOnce = 1,
}
