using System.Collections.Concurrent;
using System.Data.Common;
using Amps.Ocpp.Model;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage.Sqlite;

/// <summary>
/// A few read-only connections. A read runs at once on the thread of its caller: it takes tens of microseconds, less than
/// handing it to another thread.
/// </summary>
internal sealed class SqliteReaders(SqliteConnections connections, StorageOptions options) : IDisposable
{
    private readonly SemaphoreSlim _permits = new(options.MaxReaders);
    private readonly ConcurrentBag<SqlSession> _idle = [];

    public async Task<T> ReadAsync<T>(Func<SqlSession, T> read, CancellationToken cancellationToken)
    {
        if (!await _permits.WaitAsync(options.WriteTimeout, cancellationToken))
            throw new StorageUnavailableException("Storage is unavailable: too many reads are waiting.");
        try
        {
            return Read(read);
        }
        finally
        {
            _permits.Release();
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out SqlSession? session))
            session.Dispose();
    }

    private T Read<T>(Func<SqlSession, T> read)
    {
        SqlSession? session = null;
        try
        {
            if (!_idle.TryTake(out session))
                session = connections.OpenReader();
            session.Execute("BEGIN");
            T result = read(session);
            session.Execute("COMMIT");
            _idle.Add(session);
            return result;
        }
        catch (Exception e)
        {
            // Whatever state it is in, a new connection is in none.
            session?.Dispose();
            if (e is DbException && SqliteErrors.IsStorageFailure(e))
                throw SqliteErrors.ToUnavailable(e);
            throw;
        }
    }
}
