using System.Diagnostics;
using Amps.Ocpp.Model;
using Amps.Ocpp.Storage.Schema;
using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Storage.Writing;
using Npgsql;

namespace Amps.Ocpp.Storage.Postgres;

/// <summary>The PostgreSQL engine: one writer with group commit and a few readers per node; any number of nodes on one database.</summary>
internal sealed class PostgresDatabase(
    StorageOptions options,
    StorageHealth health,
    StorageMetrics metrics,
    TimeProvider clock,
    ILogger<PostgresDatabase> logger) : IDatabase, IStorageLifetime, IAsyncDisposable
{
    private static readonly TimeSpan PauseBetweenTries = TimeSpan.FromMilliseconds(250);

    private PostgresConnections? _connections;
    private PostgresReaders? _readers;
    private GroupWriter? _writer;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var connections = new PostgresConnections(options);
        try
        {
            // The sessions are used synchronously; the host's thread must not be held meanwhile.
            await Task.Run(() => OpenAsync(connections, cancellationToken), cancellationToken);
        }
        catch
        {
            connections.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) =>
        Interlocked.Exchange(ref _connections, null) is { } connections
            ? Task.Run(() => Close(connections), CancellationToken.None)
            : Task.CompletedTask;

    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    public Task<T> ReadAsync<T>(Func<SqlSession, T> read, CancellationToken cancellationToken) =>
        _connections is not null && _readers is { } readers
            ? readers.ReadAsync(read, cancellationToken)
            : Refuse<T>();

    public Task<T> WriteAsync<T>(Func<SqlSession, T> write, CancellationToken cancellationToken) =>
        _writer is { } writer ? writer.WriteAsync(write, cancellationToken) : Refuse<T>();

    public Task<T> WriteAsync<T>(SqlWrite<T> write, CancellationToken cancellationToken) =>
        _writer is { } writer ? writer.WriteAsync(new WriteItem<T>(write.Run, write), cancellationToken) : Refuse<T>();

    /// <summary>
    /// Waits for a server that is not there yet, so that both may be started at the same time; what waiting cannot change
    /// (a wrong password, no such database, a newer schema) ends the start at once.
    /// </summary>
    private async Task OpenAsync(PostgresConnections connections, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        bool told = false;
        while (true)
        {
            try
            {
                Open(connections);
                return;
            }
            catch (NpgsqlException e)
            {
                TimeSpan left = options.StartTimeout - Stopwatch.GetElapsedTime(started);
                if (left <= TimeSpan.Zero || !PostgresErrors.MayPass(e))
                    throw new StorageStartException($"The database {connections.Place} cannot be opened: {PostgresErrors.Describe(e)}.", e);
                if (!told)
                    logger.WaitsForServer(connections.Place, Math.Ceiling(left.TotalSeconds), PostgresErrors.Describe(e));
                told = true;
            }
            await Task.Delay(PauseBetweenTries, cancellationToken);
        }
    }

    private void Open(PostgresConnections connections)
    {
        var ledger = new CommitLedger(clock);
        int from, to;
        string version;
        using (SqlSession session = connections.OpenMigration())
        {
            (from, to) = Migrator.Run(session, SchemaScripts.All, connections.Place, clock.GetUtcNow());
            SchemaCheck.Verify(session, SchemaScripts.All, connections.Place);
            ledger.Forget(session);
            version = ((NpgsqlConnection)session.Connection).ServerVersion;
        }
        _readers = new PostgresReaders(connections, options);
        _writer = new GroupWriter(new PostgresCommitter(connections, ledger, options, health, metrics), options, health, metrics);
        _connections = connections;
        health.Start();
        logger.Opened(connections.Place, from, to, version);
    }

    private void Close(PostgresConnections connections)
    {
        _writer?.Dispose();
        _readers?.Dispose();
        connections.Dispose();
        logger.Closed();
    }

    private Task<T> Refuse<T>() => Task.FromException<T>(new StorageUnavailableException($"Storage is unavailable: {health.Reason}"));
}
