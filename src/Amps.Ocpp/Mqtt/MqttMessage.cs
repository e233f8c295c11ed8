namespace Amps.Ocpp.Mqtt;

/// <summary>A message received on a subscription. The payload is the receiver's own copy.</summary>
public sealed class MqttMessage
{
    public required string Topic { get; init; }

    /// <summary>Empty when a retained message was deleted.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>True when the broker had kept the message and sent it because of a new subscription.</summary>
    public bool Retained { get; init; }

    /// <summary>Where the sender waits for an answer, or null.</summary>
    public string? ResponseTopic { get; init; }

    /// <summary>To be sent back unchanged with the answer; empty if the sender gave none.</summary>
    public ReadOnlyMemory<byte> CorrelationData { get; init; }
}
