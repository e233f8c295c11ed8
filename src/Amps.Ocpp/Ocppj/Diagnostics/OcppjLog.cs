namespace Amps.Ocpp.Ocppj.Diagnostics;

internal static partial class OcppjLog
{
    [LoggerMessage(1, LogLevel.Warning, "{Identity}: bad message ({Kind}): {Text} {Unlogged} earlier ones were not logged.")]
    public static partial void BadMessage(ILogger logger, string identity, string kind, string? text, int unlogged);

    [LoggerMessage(2, LogLevel.Error, "{Identity}: the handler of {Action} failed.")]
    public static partial void HandlerFailed(ILogger logger, Exception exception, string identity, string action);

    [LoggerMessage(3, LogLevel.Warning, "{Identity}: no answer to {Action} ({MessageId}) within {Timeout}.")]
    public static partial void CallTimedOut(ILogger logger, string identity, string action, string messageId, TimeSpan timeout);

    [LoggerMessage(4, LogLevel.Warning, "{Identity}: late answer to {Action} ({MessageId}) after {After}.")]
    public static partial void LateAnswer(ILogger logger, string identity, string action, string messageId, TimeSpan after);

    [LoggerMessage(5, LogLevel.Debug, "{Identity}: link ended: {Kind} {Code} {Description}")]
    public static partial void LinkEnded(ILogger logger, string identity, CloseKind kind, int code, string description);

    [LoggerMessage(6, LogLevel.Warning, "{Identity}: link closed by a rule: {Code} {Description}")]
    public static partial void LinkViolation(ILogger logger, string identity, int code, string description);

    [LoggerMessage(7, LogLevel.Error, "A round of the liveness check failed.")]
    public static partial void LivenessRoundFailed(ILogger logger, Exception exception);

    [LoggerMessage(8, LogLevel.Error, "{Identity}: the reader failed.")]
    public static partial void ReaderFailed(ILogger logger, Exception exception, string identity);

    [LoggerMessage(9, LogLevel.Warning, "{Identity}: sends more than {MessagesPerSecond} messages a second and is read more slowly.")]
    public static partial void HeldBack(ILogger logger, string identity, int messagesPerSecond);
}
