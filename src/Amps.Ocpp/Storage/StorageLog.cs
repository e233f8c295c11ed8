namespace Amps.Ocpp.Storage;

internal static partial class StorageLog
{
    [LoggerMessage(2, LogLevel.Error, "Storage takes no writes: {Reason}")]
    public static partial void WentAway(this ILogger logger, string reason, Exception? exception);

    [LoggerMessage(3, LogLevel.Warning, "Storage takes writes again.")]
    public static partial void CameBack(this ILogger logger);
}
