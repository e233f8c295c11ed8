using System.Collections.Concurrent;
using System.Data;
using Amps.Ocpp.Model;
using Amps.Ocpp.Storage.Sql;
using Npgsql;

namespace Amps.Ocpp.Storage.Postgres;

/// <summary>
/// A few sessions for reads, each with a thread of its own: a server that does not answer holds these threads and none of
/// the pool that serves requests (faults D11).
/// </summary>
internal sealed class PostgresReaders : IDisposable
{
    private const int MaxWaiting = 1024;

    private readonly BlockingCollection<ReadItem> _queue = new(MaxWaiting);
    private readonly PostgresConnections _connections;
    private readonly StorageOptions _options;
    private readonly Thread[] _threads;

    public PostgresReaders(PostgresConnections connections, StorageOptions options)
    {
        _connections = connections;
        _options = options;
        _threads = new Thread[options.MaxReaders];
        for (int i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(Run) { IsBackground = true, Name = "storage reader" };
            _threads[i].Start();
        }
    }

    public async Task<T> ReadAsync<T>(Func<SqlSession, T> read, CancellationToken cancellationToken)
    {
        var item = new ReadItem<T>(read, cancellationToken);
        if (!TryQueue(item))
            throw new StorageUnavailableException("Storage is unavailable: too many reads are waiting.");
        try
        {
            return await item.Task.WaitAsync(_options.WriteTimeout, cancellationToken);
        }
        catch (TimeoutException e)
        {
            item.GiveUp();
            throw new StorageUnavailableException("Storage is unavailable: the read did not end in time.", e);
        }
    }

    public void Dispose()
    {
        _queue.CompleteAdding();
        foreach (Thread thread in _threads)
            thread.Join();
        _queue.Dispose();
    }

    private bool TryQueue(ReadItem item)
    {
        try
        {
            return _queue.TryAdd(item);
        }
        catch (InvalidOperationException)
        {
            // It closes.
            return false;
        }
    }

    private void Run()
    {
        SqlSession? session = null;
        foreach (ReadItem item in _queue.GetConsumingEnumerable())
        {
            if (!item.IsWanted)
                continue;
            // A read changes nothing, so one whose session broke is simply made again on another one.
            bool mayRepeat = session is not null;
            while (!TryRead(item, ref session, mayRepeat))
                mayRepeat = false;
        }
        Discard(ref session);
    }

    /// <returns>False = to be tried again.</returns>
    private bool TryRead(ReadItem item, ref SqlSession? session, bool mayRepeat)
    {
        try
        {
            session ??= _connections.Open();
            using NpgsqlTransaction transaction = ((NpgsqlConnection)session.Connection).BeginTransaction(IsolationLevel.RepeatableRead);
            item.Run(session);
            transaction.Commit();
            item.Succeed();
            return true;
        }
        catch (Exception e)
        {
            // Whatever state it is in, a new session is in none.
            Discard(ref session);
            if (mayRepeat && PostgresErrors.IsStorageFailure(e))
                return false;
            item.Fail(PostgresErrors.ToCaller(e));
            return true;
        }
    }

    private static void Discard(ref SqlSession? session)
    {
        try
        {
            session?.Dispose();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // It is given up because it failed; that it also fails to close changes nothing.
        }
        session = null;
    }

    private abstract class ReadItem
    {
        public abstract bool IsWanted { get; }

        public abstract void Run(SqlSession session);

        public abstract void Succeed();

        public abstract void Fail(Exception exception);
    }

    private sealed class ReadItem<T>(Func<SqlSession, T> read, CancellationToken cancellationToken) : ReadItem
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _givenUp;
        private T? _result;

        public Task<T> Task => _done.Task;

        public override bool IsWanted => !_givenUp && !cancellationToken.IsCancellationRequested;

        public void GiveUp() => _givenUp = true;

        public override void Run(SqlSession session) => _result = read(session);

        public override void Succeed() => _done.TrySetResult(_result!);

        public override void Fail(Exception exception) => _done.TrySetException(exception);
    }
}
