namespace Amps.Ocpp.Storage.Sqlite;

internal static partial class SqliteLog
{
    [LoggerMessage(1, LogLevel.Information, "Storage is open: {Path}, schema {From} -> {To}, SQLite {Version} ({Library}).")]
    public static partial void Opened(this ILogger logger, string path, int from, int to, string version, string library);

    [LoggerMessage(4, LogLevel.Warning, "A checkpoint failed; the log keeps what is written until the next one.")]
    public static partial void CheckpointFailed(this ILogger logger, Exception exception);

    [LoggerMessage(5, LogLevel.Warning, "The log has {Bytes} bytes and {Frames} pages not yet in the database: a reader is held open or the disk is too slow.")]
    public static partial void LogTooLong(this ILogger logger, long bytes, long frames);

    [LoggerMessage(6, LogLevel.Information, "Storage is closed.")]
    public static partial void Closed(this ILogger logger);
}
