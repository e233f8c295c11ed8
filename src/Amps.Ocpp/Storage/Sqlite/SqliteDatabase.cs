using Amps.Ocpp.Model;
using Amps.Ocpp.Storage.Schema;
using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Storage.Writing;
using Microsoft.Data.Sqlite;

namespace Amps.Ocpp.Storage.Sqlite;

/// <summary>The SQLite engine: one file of the data directory, one writer, a few readers, checkpoints beside them.</summary>
internal sealed class SqliteDatabase(
    StorageOptions options,
    StorageHealth health,
    StorageMetrics metrics,
    TimeProvider clock,
    ILogger<SqliteDatabase> logger) : IDatabase, IStorageLifetime, IAsyncDisposable
{
    private SqliteFiles? _files;
    private SqliteCheckpointer? _checkpointer;
    private SqliteReaders? _readers;
    private GroupWriter? _writer;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        (string version, string library) = SqliteNative.Initialize();
        SqliteFiles files = SqliteFiles.Take(options.DataDirectory);
        try
        {
            Open(files, version, library);
        }
        catch (SqliteException e)
        {
            files.Dispose();
            throw new StorageStartException($"The database {files.Database} cannot be opened: {SqliteErrors.Describe(e)} (SQLite error {e.SqliteExtendedErrorCode}).", e);
        }
        catch
        {
            files.Dispose();
            throw;
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _files, null) is not { } files)
            return Task.CompletedTask;
        // The writer's own thread commits what waits; the host's thread must not be held meanwhile.
        return Task.Run(() => Close(files), CancellationToken.None);
    }

    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    public Task<T> ReadAsync<T>(Func<SqlSession, T> read, CancellationToken cancellationToken) =>
        _files is not null && _readers is { } readers
            ? readers.ReadAsync(read, cancellationToken)
            : Task.FromException<T>(new StorageUnavailableException($"Storage is unavailable: {health.Reason}"));

    public Task<T> WriteAsync<T>(Func<SqlSession, T> write, CancellationToken cancellationToken) =>
        _writer is { } writer
            ? writer.WriteAsync(write, cancellationToken)
            : Task.FromException<T>(new StorageUnavailableException($"Storage is unavailable: {health.Reason}"));

    public Task<T> WriteAsync<T>(SqlWrite<T> write, CancellationToken cancellationToken) =>
        _writer is { } writer
            ? writer.WriteAsync(new WriteItem<T>(write.Run, write), cancellationToken)
            : Task.FromException<T>(new StorageUnavailableException($"Storage is unavailable: {health.Reason}"));

    private void Open(SqliteFiles files, string version, string library)
    {
        var connections = new SqliteConnections(files.Database, options.BusyTimeout, options.MaxLogBytes);
        if (!files.IsNew)
        {
            using SqlSession stranger = connections.OpenStranger();
            Migrator.FindVersion(stranger, SchemaScripts.All.Count);
        }
        int from, to;
        using (SqlSession session = connections.OpenWriter())
        {
            (from, to) = Migrator.Run(session, SchemaScripts.All, files.Database, clock.GetUtcNow());
            SchemaCheck.Verify(session, SchemaScripts.All, files.Database);
        }
        files.Mark();

        _checkpointer = new SqliteCheckpointer(connections, files, options, logger);
        _readers = new SqliteReaders(connections, options);
        _writer = new GroupWriter(
            new SqliteCommitter(connections, _checkpointer, health, metrics, clock), options, health, metrics);
        _files = files;
        health.Start();
        logger.Opened(files.Database, from, to, version, library);
    }

    private void Close(SqliteFiles files)
    {
        _writer?.Dispose();
        _readers?.Dispose();
        _checkpointer?.Complete();
        _checkpointer?.Dispose();
        files.Dispose();
        logger.Closed();
    }
}
