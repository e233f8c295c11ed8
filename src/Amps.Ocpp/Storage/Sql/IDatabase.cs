using Amps.Ocpp.Model;

namespace Amps.Ocpp.Storage.Sql;

/// <summary>
/// The one thing the stores stand on and an engine provides. The functions run synchronously on a thread of the
/// engine's choice and may run again after a rollback, so they touch nothing but the session and what they return.
/// </summary>
internal interface IDatabase
{
    /// <summary>Runs <paramref name="read"/> on one snapshot of the data.</summary>
    /// <exception cref="StorageUnavailableException">The data cannot be read at present.</exception>
    Task<T> ReadAsync<T>(Func<SqlSession, T> read, CancellationToken cancellationToken);

    /// <summary>
    /// Runs <paramref name="write"/> in a transaction, alone or together with others that wait; whatever it throws undoes
    /// its own statements only. The task ends when the commit is on disk.
    /// </summary>
    /// <exception cref="StorageUnavailableException">
    /// Nothing was changed, or, only when the disk itself held a commit longer than the write time-out, it is not known.
    /// </exception>
    Task<T> WriteAsync<T>(Func<SqlSession, T> write, CancellationToken cancellationToken);

    /// <inheritdoc cref="WriteAsync{T}(Func{SqlSession, T}, CancellationToken)"/>
    Task<T> WriteAsync<T>(SqlWrite<T> write, CancellationToken cancellationToken);
}
