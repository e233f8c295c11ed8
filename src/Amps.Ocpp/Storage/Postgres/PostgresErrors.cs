using System.Data.Common;
using System.Net.Sockets;
using Amps.Ocpp.Model;
using Npgsql;

namespace Amps.Ocpp.Storage.Postgres;

/// <summary>Tells an error of the server or the way to it from one of a single statement.</summary>
internal static class PostgresErrors
{
    /// <summary>True for whatever concerns the connection or the server, so that no neighbour could have succeeded either.</summary>
    public static bool IsStorageFailure(Exception exception) => exception switch
    {
        PostgresException error => !IsConflict(error) && !IsTimeout(error) && (IsFatal(error) || error.SqlState[..2] is "08" or "53" or "57" or "58" or "F0" or "XX"
            || error.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction),
        NpgsqlException => true,
        _ => false,
    };

    /// <summary>Two transactions were in each other's way; the same again may succeed (faults D12).</summary>
    public static bool IsConflict(Exception exception) => exception is PostgresException
    {
        SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
    };

    /// <summary>A statement took too long, or waited too long for another's lock.</summary>
    public static bool IsTimeout(Exception exception) => exception is PostgresException
    {
        SqlState: PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable
    };

    /// <summary>The server ended the session; whether before or after a commit is not said.</summary>
    public static bool IsFatal(PostgresException error) => error.InvariantSeverity is "FATAL" or "PANIC";

    /// <summary>Nobody there yet, starting, or no room at present: worth another try in a moment.</summary>
    public static bool MayPass(Exception exception) => exception is PostgresException error
        ? error.SqlState[..2] is "08" or "53" or "57"
        : exception is NpgsqlException or SocketException or TimeoutException;

    /// <summary>One line without addresses of ours or values of rows.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        PostgresException error => $"PostgreSQL error {error.SqlState}, {error.MessageText}",
        NpgsqlException { InnerException: TimeoutException } => "PostgreSQL does not answer",
        NpgsqlException { InnerException: SocketException inner } => $"PostgreSQL cannot be reached: {inner.Message}",
        NpgsqlException { InnerException: { } inner } => $"the connection to PostgreSQL failed: {inner.Message}",
        _ => exception.Message,
    };

    /// <summary>In one line why a statement is refused; null = the error concerns the server, the way to it, or others.</summary>
    public static string? Explain(DbException exception) =>
        exception is PostgresException error && !IsStorageFailure(error) && !IsConflict(error) && !IsTimeout(error)
            ? Describe(error).ReplaceLineEndings(" ").TrimEnd('.', ' ')
            : null;

    public static StorageUnavailableException ToUnavailable(Exception exception) =>
        exception as StorageUnavailableException ?? new StorageUnavailableException($"Storage is unavailable: {Describe(exception)}.", exception);

    /// <summary>What the caller of one write or read is told.</summary>
    public static Exception ToCaller(Exception exception) =>
        IsStorageFailure(exception) || IsConflict(exception) || IsTimeout(exception) ? ToUnavailable(exception) : exception;
}
