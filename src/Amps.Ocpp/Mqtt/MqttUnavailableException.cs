namespace Amps.Ocpp.Mqtt;

/// <summary>MQTT cannot be had on this machine; the message says what is missing.</summary>
public sealed class MqttUnavailableException : Exception
{
    public MqttUnavailableException() { }

    public MqttUnavailableException(string message) : base(message) { }

    public MqttUnavailableException(string message, Exception innerException) : base(message, innerException) { }
}
