using System.Data.Common;
using Amps.Ocpp.Model;
using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace Amps.Ocpp.Storage.Sqlite;

/// <summary>Tells an error of the store itself from one of a single statement.</summary>
internal static class SqliteErrors
{
    /// <summary>True for whatever concerns the file, the disk or the engine, so that no neighbour could have succeeded either.</summary>
    public static bool IsStorageFailure(Exception exception) => exception is SqliteException
    {
        SqliteErrorCode: SQLITE_BUSY or SQLITE_LOCKED or SQLITE_NOMEM or SQLITE_READONLY or SQLITE_IOERR
            or SQLITE_CORRUPT or SQLITE_FULL or SQLITE_CANTOPEN or SQLITE_PROTOCOL or SQLITE_NOTADB
    };

    public static string Describe(Exception exception) => exception is SqliteException error
        ? error.SqliteErrorCode switch
        {
            SQLITE_BUSY or SQLITE_LOCKED => "another process holds the database",
            SQLITE_FULL => "the disk is full",
            SQLITE_IOERR => "the disk fails",
            SQLITE_READONLY or SQLITE_CANTOPEN => "the database cannot be written",
            SQLITE_CORRUPT or SQLITE_NOTADB => "the database is damaged",
            _ => $"SQLite error {error.SqliteErrorCode}",
        }
        : exception.Message;

    /// <summary>In one line why a statement is refused; null = the error concerns the file, the disk or the engine.</summary>
    public static string? Explain(DbException exception) => exception is SqliteException error && !IsStorageFailure(error)
        ? error.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ')
        : null;

    public static StorageUnavailableException ToUnavailable(Exception exception) =>
        exception as StorageUnavailableException ?? new StorageUnavailableException($"Storage is unavailable: {Describe(exception)}.", exception);
}
