namespace Amps.Ocpp.Mqtt;

/// <summary>Who runs the broker.</summary>
public enum MqttMode
{
    /// <summary>The service starts and watches its own mosquitto on loopback.</summary>
    Managed,

    /// <summary>The operator does.</summary>
    External,

    /// <summary>Nobody: the service runs without MQTT.</summary>
    Off,
}

/// <summary>The keys below <c>Amps:Mqtt</c> and the limits of the link.</summary>
public sealed record MqttOptions
{
    public MqttMode Mode { get; init; } = MqttMode.Managed;

    /// <summary>Broker's host name or address; <c>Managed</c> always uses 127.0.0.1.</summary>
    public string Host { get; init; } = "127.0.0.1";

    public int Port { get; init; } = 1883;

    public string? Username { get; init; }

    public string? Password { get; init; }

    /// <summary>TLS with the broker's certificate checked against <see cref="CaFile"/> or the system's authorities; never falls back to plain.</summary>
    public bool Tls { get; init; }

    /// <summary>PEM file of the authorities to trust instead of the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>First levels of every topic, without a slash at either end.</summary>
    public string TopicPrefix { get; init; } = "amps/v1";

    /// <summary>Client identifier; unique per node, as a broker ends the older of two links with the same one.</summary>
    public string ClientId { get; init; } = "amps-" + Environment.MachineName;

    /// <summary>Publishes that may wait for the broker at one time; above it <see cref="MqttPublishResult.QueueFull"/>.</summary>
    public int MaxInFlight { get; init; } = 10_000;

    /// <summary>Received messages with more bytes are dropped and counted.</summary>
    public int MaxPayloadBytes { get; init; } = 256 * 1024;

    /// <summary>How long a full channel may hold back reading from the broker.</summary>
    public TimeSpan StallLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>First pause before connecting again; doubles, with jitter, up to <see cref="ReconnectMax"/>.</summary>
    public TimeSpan ReconnectMin { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan ReconnectMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause after a refusal (credentials, identifier used elsewhere, subscription not allowed), which haste would not mend.</summary>
    public TimeSpan RefusedRetry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Without the password.</summary>
    public override string ToString() => $"{Mode} {(Tls ? "mqtts" : "mqtt")}://{Host}:{Port}/{TopicPrefix} as {ClientId}";
}
