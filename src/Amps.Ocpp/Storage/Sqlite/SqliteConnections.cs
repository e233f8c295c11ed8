using Amps.Ocpp.Storage.Sql;
using Microsoft.Data.Sqlite;

namespace Amps.Ocpp.Storage.Sqlite;

/// <summary>Opens connections to the one database file, each for its purpose.</summary>
internal sealed class SqliteConnections(string path, TimeSpan busyTimeout, long maxLogBytes)
{
    // Waiting for the locks of readers would hold the writer for as long; the next checkpoint tries again.
    private static readonly TimeSpan CheckpointBusyTimeout = TimeSpan.FromMilliseconds(50);

    /// <summary>The writer: every commit is synchronised to disk, checkpoints are left to another connection.</summary>
    public SqlSession OpenWriter() => Open(
        SqliteOpenMode.ReadWriteCreate,
        busyTimeout,
        $"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit={maxLogBytes};");

    /// <summary>For a look at a database that may not be ours: sets nothing that would change the file.</summary>
    public SqlSession OpenStranger() => Open(SqliteOpenMode.ReadWrite, busyTimeout, "");

    public SqlSession OpenReader() => Open(SqliteOpenMode.ReadOnly, busyTimeout, "PRAGMA query_only=ON;");

    public SqlSession OpenCheckpointer() => Open(
        SqliteOpenMode.ReadWrite,
        CheckpointBusyTimeout,
        "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;");

    private SqlSession Open(SqliteOpenMode mode, TimeSpan busy, string pragmas)
    {
        var text = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            Pooling = false,
            // Seconds for which the provider repeats a statement that found the database busy; 0 would be for ever.
            DefaultTimeout = Math.Max(1, (int)busy.TotalSeconds),
        };
        var connection = new SqliteConnection(text.ConnectionString);
        try
        {
            connection.Open();
            var session = new SqlSession(connection, SqlDialect.Sqlite);
            session.RunScript($"PRAGMA busy_timeout={(int)busy.TotalMilliseconds}; {pragmas}");
            return session;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
