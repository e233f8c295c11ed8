using Amps.Ocpp.Nodes;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage;

/// <summary>Leases; their times are those of the database's clock.</summary>
internal sealed class LeaseStore(IDatabase database) : ILeaseStore
{
    /// <summary>Whether the life named by a column holds its lease: what belongs to one that does not may be taken over.</summary>
    public const string OwnerLives = "EXISTS (SELECT 1 FROM leases WHERE leases.holder = actions.node AND leases.until > {now})";

    private const string TakeStatement = """
        INSERT INTO leases (name, holder, until) VALUES (@name, @holder, {now} + @time)
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
        """;

    private const string TryTakeStatement = TakeStatement + " WHERE leases.holder = excluded.holder OR leases.until <= {now} RETURNING 1";

    /// <inheritdoc/>
    public Task<bool> TryTakeAsync(string name, string holder, TimeSpan time, CancellationToken cancellationToken) => database.WriteAsync(
        new SqlWrite<bool>(new SqlStatement(TryTakeStatement, Values(name, holder, time)), static (_, taken) => taken is not null), cancellationToken);

    /// <inheritdoc/>
    public Task TakeOverAsync(string name, string holder, TimeSpan time, CancellationToken cancellationToken) => database.WriteAsync(
        new SqlWrite<bool>(new SqlStatement(TakeStatement + " RETURNING 1", Values(name, holder, time)), static (_, taken) => taken is not null), cancellationToken);

    /// <inheritdoc/>
    public Task ReleaseAsync(string name, string holder, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.Execute("DELETE FROM leases WHERE name = @name AND holder = @holder", ("@name", name), ("@holder", holder)), cancellationToken);

    /// <inheritdoc/>
    public Task ReleaseAllAsync(string holder, CancellationToken cancellationToken) =>
        database.WriteAsync(session => session.Execute("DELETE FROM leases WHERE holder = @holder", ("@holder", holder)), cancellationToken);

    private static (string, object?)[] Values(string name, string holder, TimeSpan time) =>
        [("@name", name), ("@holder", holder), ("@time", time.Ticks)];
}
