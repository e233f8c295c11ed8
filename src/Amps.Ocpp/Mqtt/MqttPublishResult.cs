namespace Amps.Ocpp.Mqtt;

/// <summary>How a publish ended. Values below 256 are reason codes of PUBACK (MQTT 5, clause 3.4.2.1).</summary>
public enum MqttPublishResult
{
    /// <summary>QoS 1: acknowledged by the broker. QoS 0: written to the socket.</summary>
    Success = 0,

    /// <summary>The broker took the message, and nobody is subscribed to its topic. A retained message is stored all the same.</summary>
    NoMatchingSubscribers = 16,

    /// <summary>Unknown outcome: the link broke before the acknowledgement. The message is not sent again by itself.</summary>
    Failed = 256,

    /// <summary>Nothing was sent: there is no link to the broker.</summary>
    NotConnected = 257,

    /// <summary>Nothing was sent: <see cref="MqttOptions.MaxInFlight"/> publishes wait for the broker already.</summary>
    QueueFull = 258,

    /// <summary>The broker refused the message: not authorised, over its quota, too large.</summary>
    Refused = 259,
}
