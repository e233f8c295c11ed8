namespace Amps.Ocpp.Mqtt.Broker;

internal static partial class BrokerLog
{
    [LoggerMessage(1, LogLevel.Information, "MQTT broker started as process {ProcessId} on port {Port}.")]
    public static partial void Started(ILogger logger, int processId, int port);

    [LoggerMessage(2, LogLevel.Warning, "Ended the MQTT broker {ProcessId} that an earlier run left behind.")]
    public static partial void OrphanEnded(ILogger logger, int processId);

    [LoggerMessage(3, LogLevel.Error, "{Problem}")]
    public static partial void Problem(ILogger logger, string problem);
}
