namespace Amps.Ocpp.Mqtt;

internal static partial class MqttLog
{
    [LoggerMessage(1, LogLevel.Information, "Connected to the MQTT broker {Host}:{Port}.")]
    public static partial void Connected(ILogger logger, string host, int port);

    [LoggerMessage(2, LogLevel.Warning, "No link to the MQTT broker {Host}:{Port}: {Reason} Trying again.")]
    public static partial void Disconnected(ILogger logger, string host, int port, string reason);

    [LoggerMessage(3, LogLevel.Error, "The MQTT broker {Host}:{Port} refuses this node: {Reason} Trying again every {Pause}.")]
    public static partial void Refused(ILogger logger, string host, int port, string reason, TimeSpan pause);

    [LoggerMessage(4, LogLevel.Error, "Lost the MQTT broker to another client as {ClientId}; node ids must be unique. {Reason} Trying again in {Pause}.")]
    public static partial void TakenOver(ILogger logger, string clientId, string reason, TimeSpan pause);

    [LoggerMessage(5, LogLevel.Error, "The MQTT broker refuses the subscription to {Filter}. Trying again every {Pause}.")]
    public static partial void SubscriptionRefused(ILogger logger, string filter, TimeSpan pause);

    [LoggerMessage(6, LogLevel.Warning, "Nobody took messages of the MQTT subscription {Filter} for {Limit}; they are dropped until somebody does.")]
    public static partial void ChannelFull(ILogger logger, string filter, TimeSpan limit);

    [LoggerMessage(7, LogLevel.Error, "The channel of the MQTT subscription {Filter} failed.")]
    public static partial void ChannelFailed(ILogger logger, string filter, Exception exception);

    [LoggerMessage(8, LogLevel.Error, "A hook of the MQTT link failed.")]
    public static partial void HookFailed(ILogger logger, Exception exception);

    [LoggerMessage(9, LogLevel.Error, "The MQTT link failed.")]
    public static partial void LinkFailed(ILogger logger, Exception exception);
}
