using System.Data.Common;
using Amps.Ocpp.Storage.Sql;
using Npgsql;

namespace Amps.Ocpp.Storage.Postgres;

/// <summary>
/// Opens sessions on the server. Each belongs to one thread for good (the writer, the readers), so their number is the bound
/// and the provider's own pool is not used.
/// </summary>
internal sealed class PostgresConnections : IDisposable
{
    // Waiting for a lock of another node's transaction must leave time for an answer within the write time-out.
    private const string Settings = """
        SET lock_timeout = '2s';
        SET idle_in_transaction_session_timeout = '10s';
        SET default_transaction_isolation = 'read committed';
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
        """;

    // A script of the schema, or another node's, may take its time.
    private static readonly TimeSpan MigrationTimeout = TimeSpan.FromMinutes(5);

    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlDataSource _migration;

    public PostgresConnections(StorageOptions options)
    {
        var text = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        Place = $"{text.Host}:{text.Port}/{text.Database ?? text.Username}";
        _source = Build(text, options.StatementTimeout);
        _migration = Build(text, MigrationTimeout);
    }

    /// <summary>Server and database, for the operator's eyes.</summary>
    public string Place { get; }

    /// <summary>Whether a text can be read as a connection string that names a server.</summary>
    public static bool IsValid(string connectionString)
    {
        try
        {
            return !string.IsNullOrWhiteSpace(new NpgsqlConnectionStringBuilder(connectionString).Host);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            return false;
        }
    }

    public SqlSession Open() => Open(_source);

    public SqlSession OpenMigration() => Open(_migration);

    public void Dispose()
    {
        _source.Dispose();
        _migration.Dispose();
    }

    private static SqlSession Open(NpgsqlDataSource source)
    {
        NpgsqlConnection connection = source.OpenConnection();
        return new SqlSession(connection, PostgresDialect.Instance);
    }

    private static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder given, TimeSpan statementTimeout)
    {
        var text = new NpgsqlConnectionStringBuilder(given.ConnectionString)
        {
            Pooling = false,
            Enlist = false,
            Multiplexing = false,
            ApplicationName = given.ApplicationName ?? "amps-ocpp",
            Timeout = 3,
            CommandTimeout = (int)Math.Ceiling(statementTimeout.TotalSeconds),
            // A server that does not answer is not asked to cancel; the connection is given up.
            CancellationTimeout = -1,
            MaxAutoPrepare = 200,
            AutoPrepareMinUsages = 2,
            TcpKeepAlive = true,
        };
        var builder = new NpgsqlDataSourceBuilder(text.ConnectionString);
        // The server's own limit ends the statement first, so that the session survives it.
        string settings = Settings + $"SET statement_timeout = {Math.Max(1, (long)statementTimeout.TotalMilliseconds - 500)};";
        builder.UsePhysicalConnectionInitializer(
            connection => Initialize(connection, settings),
            connection =>
            {
                Initialize(connection, settings);
                return Task.CompletedTask;
            });
        return builder.Build();
    }

    private static void Initialize(NpgsqlConnection connection, string settings)
    {
        using NpgsqlCommand command = connection.CreateCommand();
        SetText(command, settings);
        command.ExecuteNonQuery();
    }

#pragma warning disable CA2100 // The text is a constant but for a number.
    private static void SetText(DbCommand command, string text) => command.CommandText = text;
#pragma warning restore CA2100
}
