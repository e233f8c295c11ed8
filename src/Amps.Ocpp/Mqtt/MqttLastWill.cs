namespace Amps.Ocpp.Mqtt;

/// <summary>
/// Message that the broker publishes, with QoS 1, when the link ends: by a crash, a lost network, or an orderly stop
/// (MQTT 5, clause 3.1.2.5; an orderly stop asks for it with reason 0x04).
/// </summary>
public sealed record MqttLastWill(string Topic, ReadOnlyMemory<byte> Payload, bool Retain = true);
