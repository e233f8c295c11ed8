namespace Amps.Ocpp.Storage.Postgres;

internal static partial class PostgresLog
{
    [LoggerMessage(1, LogLevel.Information, "Storage is open: {Place}, schema {From} -> {To}, PostgreSQL {Version}.")]
    public static partial void Opened(this ILogger logger, string place, int from, int to, string version);

    [LoggerMessage(2, LogLevel.Warning, "Storage {Place} cannot be opened yet, waiting for up to {Seconds} s: {Reason}")]
    public static partial void WaitsForServer(this ILogger logger, string place, double seconds, string reason);

    [LoggerMessage(6, LogLevel.Information, "Storage is closed.")]
    public static partial void Closed(this ILogger logger);
}
