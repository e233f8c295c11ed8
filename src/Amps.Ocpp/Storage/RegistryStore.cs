using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage;

/// <summary>Customers, keys, charge points with their devices, and id tokens.</summary>
internal sealed class RegistryStore(IDatabase database, StorageOptions options, RegistrySignal signal) : IRegistryStore
{
    private const string SaveCustomerStatement = """
        INSERT INTO customers (id, live_enabled, created_at) VALUES (@id, @live_enabled, @created_at)
        ON CONFLICT (id) DO UPDATE SET live_enabled = excluded.live_enabled, created_at = excluded.created_at
        """;

    private const string SaveKeyStatement = """
        INSERT INTO api_keys (id, customer_id, environment, permissions, hash, created_at, expires_at, revoked_at)
        VALUES (@id, @customer, @environment, @permissions, @hash, @created_at, @expires_at, @revoked_at)
        ON CONFLICT (id) DO UPDATE SET
            customer_id = excluded.customer_id, environment = excluded.environment, permissions = excluded.permissions,
            hash = excluded.hash, created_at = excluded.created_at, expires_at = excluded.expires_at,
            revoked_at = excluded.revoked_at
        """;

    private const string SaveTokenStatement = """
        INSERT INTO id_tokens (token, spelling, status, expires_at, parent_id)
        VALUES (@token, @spelling, @status, @expires_at, @parent)
        ON CONFLICT (token) DO UPDATE SET
            spelling = excluded.spelling, status = excluded.status, expires_at = excluded.expires_at, parent_id = excluded.parent_id
        """;

    private const string SaveCapStatement = """
        UPDATE devices SET cap_kw = @cap, cap_written_at = @written_at
        WHERE device_id = @device AND (cap_written_at IS NULL OR cap_written_at <= @written_at)
        """;

    private const string NextGenerationStatement = """
        INSERT INTO link_generations (charge_point, generation) VALUES (@id, 1)
        ON CONFLICT (charge_point) DO UPDATE SET generation = link_generations.generation + 1
        RETURNING generation
        """;

    // Where no other node can be, nobody asks what changed.
    private const string NoteStatement = """
        INSERT INTO registry_changes (kind, id, changed_at) VALUES (@kind, @id, {now})
        ON CONFLICT (kind, id) DO UPDATE SET changed_at = excluded.changed_at
        """;

    private const string TouchStatement = "UPDATE charge_points SET version = {now} WHERE id = @id AND version = @version RETURNING version";

    private readonly bool _shared = options.Provider == StorageProvider.Postgres;

    /// <inheritdoc/>
    public Task<RegistryContents> LoadAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(RegistryRows.Load, cancellationToken);

    /// <inheritdoc/>
    public Task<RegistryContents> LoadAccessAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(RegistryRows.LoadAccess, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ChargePointRecord>> FindChargePointsAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ChargePointRecord>>(session => RegistryRows.Find(session, ids), cancellationToken);

    /// <inheritdoc/>
    public Task<long> FindNewestChangeAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(session => session.First("SELECT COALESCE(MAX(changed_at), 0) FROM registry_changes", row => row.GetInt64(0)), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RegistryChange>> ListChangesAsync(long since, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<RegistryChange>>(
            session => session.Query(
                "SELECT kind, id, changed_at FROM registry_changes WHERE changed_at > @since ORDER BY changed_at",
                row => new RegistryChange(row.GetString(0) == ChargePointKind ? row.GetString(1) : null, row.GetInt64(2)),
                ("@since", since)),
            cancellationToken);

    /// <inheritdoc/>
    public Task SaveCustomerAsync(Customer customer, CancellationToken cancellationToken) => ChangeAsync(AccessKind, "",
        session => session.Execute(
            SaveCustomerStatement,
            ("@id", customer.Id),
            ("@live_enabled", customer.LiveEnabled ? 1L : 0L),
            ("@created_at", customer.CreatedAt.ToColumn())),
        cancellationToken);

    /// <inheritdoc/>
    public Task SaveKeyAsync(ApiKey key, CancellationToken cancellationToken) => ChangeAsync(AccessKind, "",
        session => session.Execute(
            SaveKeyStatement,
            ("@id", key.Id),
            ("@customer", key.CustomerId),
            ("@environment", EnumText<ApiEnvironment>.Of(key.Environment)),
            ("@permissions", (long)key.Permissions),
            ("@hash", key.Hash),
            ("@created_at", key.CreatedAt.ToColumn()),
            ("@expires_at", key.ExpiresAt.ToColumn()),
            ("@revoked_at", key.RevokedAt.ToColumn())),
        cancellationToken);

    /// <inheritdoc/>
    public Task SaveChargePointAsync(ChargePointRecord chargePoint, CancellationToken cancellationToken) =>
        ChangeAsync(ChargePointKind, chargePoint.Id.ToKey(), session => ChargePointWrites.Save(session, chargePoint), cancellationToken);

    /// <inheritdoc/>
    public Task<long?> TrySaveChargePointAsync(ChargePointRecord chargePoint, CancellationToken cancellationToken) =>
        ChangeAsync(ChargePointKind, chargePoint.Id.ToKey(), session => TrySave(session, chargePoint), cancellationToken);

    /// <inheritdoc/>
    public Task DeleteChargePointAsync(ChargePointId id, CancellationToken cancellationToken) =>
        ChangeAsync(ChargePointKind, id.ToKey(), session => ChargePointWrites.Delete(session, id), cancellationToken);

    /// <inheritdoc/>
    public Task SaveCapAsync(ChargePointId chargePoint, DeviceId device, ChargeRateCap cap, CancellationToken cancellationToken) =>
        ChangeAsync(ChargePointKind, chargePoint.ToKey(),
            session => session.Execute(
                SaveCapStatement,
                ("@device", device.Value),
                ("@cap", cap.Kilowatts),
                ("@written_at", cap.WrittenAt.ToColumn())),
            cancellationToken);

    /// <inheritdoc/>
    public Task SaveIdTokenAsync(IdToken token, CancellationToken cancellationToken) => ChangeAsync(AccessKind, "",
        session => session.Execute(
            SaveTokenStatement,
            ("@token", token.Token.ToUpperInvariant()),
            ("@spelling", token.Token),
            ("@status", EnumText<IdTokenStatus>.Of(token.Status)),
            ("@expires_at", token.ExpiresAt.ToColumn()),
            ("@parent", token.ParentId)),
        cancellationToken);

    /// <inheritdoc/>
    public Task<long> NextGenerationAsync(ChargePointId id, CancellationToken cancellationToken) => database.WriteAsync(
        new SqlWrite<long>(new SqlStatement(NextGenerationStatement, ("@id", id.ToKey())), (_, generation) => generation!.Value),
        cancellationToken);

    private const string AccessKind = "access";

    private const string ChargePointKind = "charge_point";

    private async Task<T> ChangeAsync<T>(string kind, string id, Func<SqlSession, T> write, CancellationToken cancellationToken)
    {
        if (!_shared)
            return await database.WriteAsync(write, cancellationToken);
        T result = await database.WriteAsync(
            session =>
            {
                T written = write(session);
                session.Execute(NoteStatement, ("@kind", kind), ("@id", id));
                return written;
            },
            cancellationToken);
        signal.Raise();
        return result;
    }

    private long? TrySave(SqlSession session, ChargePointRecord record)
    {
        (string, object?) id = ("@id", record.Id.ToKey());
        if (!_shared)
        {
            ChargePointWrites.Save(session, record);
            return record.Version;
        }
        long version = session.First(TouchStatement, row => row.GetInt64(0), id, ("@version", record.Version));
        if (version != 0)
        {
            ChargePointWrites.Save(session, record);
            return version;
        }
        if (record.Version != 0 || session.First("SELECT 1 FROM charge_points WHERE id = @id", static _ => true, id))
            return null;
        ChargePointWrites.Save(session, record);
        return session.First("UPDATE charge_points SET version = {now} WHERE id = @id RETURNING version", row => row.GetInt64(0), id);
    }
}
