using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Webhooks;

namespace Amps.Ocpp.Storage;

/// <summary>The queues of deliveries.</summary>
internal sealed class DeliveryStore(IDatabase database) : IDeliveryStore
{
    // The lease of a life that has ended is free at once.
    private const string NotLeased = """
        (lease_until IS NULL OR lease_until <= @now
            OR (lease_node LIKE 'life:%' AND NOT EXISTS (SELECT 1 FROM leases WHERE leases.holder = lease_node AND leases.until > {now})))
        """;

    private const string FindDueStatement = $"""
        SELECT endpoint.id FROM webhook_endpoints AS endpoint
        WHERE endpoint.disabled_at IS NULL AND EXISTS (
            SELECT 1 FROM webhook_deliveries
            WHERE endpoint_id = endpoint.id AND state = 'pending' AND next_attempt_at <= @now AND {NotLeased})
        ORDER BY endpoint.id
        """;

    private const string FindNextStatement = """
        SELECT MIN(earliest.due) FROM (
            SELECT (
                SELECT MIN(next_attempt_at) FROM webhook_deliveries
                WHERE endpoint_id = endpoint.id AND state = 'pending' AND next_attempt_at > @now) AS due
            FROM webhook_endpoints AS endpoint WHERE endpoint.disabled_at IS NULL) AS earliest
        """;

    private const string ListClaimableStatement = $"""
        SELECT {WebhookRows.ClaimColumns} FROM webhook_deliveries
        WHERE endpoint_id = @endpoint AND state = 'pending' AND next_attempt_at <= @now AND {NotLeased}
        ORDER BY next_attempt_at, sequence LIMIT @count
        """;

    private const string LeaseStatement = $"""
        UPDATE webhook_deliveries SET lease_node = @node, lease_until = @until
        WHERE sequence = @sequence AND state = 'pending' AND {NotLeased}
        """;

    private const string EndLease = "lease_node = NULL, lease_until = NULL";

    /// <inheritdoc/>
    public Task ReleaseAsync(string node, IReadOnlyCollection<long> kept, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.Execute(
            $"UPDATE webhook_deliveries SET {EndLease} WHERE lease_node = @node AND sequence NOT IN (SELECT CAST(value AS BIGINT) FROM {{ids}} AS kept)",
            ("@node", node),
            ("@ids", kept.ToIdArray())),
        cancellationToken);

    /// <inheritdoc/>
    public Task<DueWork> LookAsync(DateTimeOffset now, CancellationToken cancellationToken) => database.ReadAsync(
        session => new DueWork(
            session.Query(FindDueStatement, row => row.GetString(0), ("@now", now.ToColumn())),
            session.First(FindNextStatement, row => row.GetTimeOrNull(0), ("@now", now.ToColumn()))),
        cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ClaimedDelivery>> ClaimAsync(
        IReadOnlyList<(string EndpointId, int Count)> wanted, string node, DateTimeOffset now, DateTimeOffset leaseUntil, CancellationToken cancellationToken) =>
        database.WriteAsync<IReadOnlyList<ClaimedDelivery>>(session => Claim(session, wanted, node, now, leaseUntil), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> FinishAsync(AttemptRecord attempt, CancellationToken cancellationToken) =>
        database.WriteAsync(session => AttemptWrites.Finish(session, attempt), cancellationToken);

    /// <inheritdoc/>
    public Task ReturnAsync(ClaimedDelivery delivery, string node, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.Execute(
            $"UPDATE webhook_deliveries SET {EndLease} WHERE sequence = @sequence AND lease_node = @node",
            ("@sequence", delivery.Sequence), ("@node", node)),
        cancellationToken);

    /// <inheritdoc/>
    public Task<DeliveryPage> ListAsync(string endpointId, int offset, int limit, CancellationToken cancellationToken) => database.ReadAsync(
        session => new DeliveryPage(
            session.Query(
                $"SELECT {WebhookRows.DeliveryColumns} FROM webhook_deliveries WHERE endpoint_id = @endpoint ORDER BY sequence DESC LIMIT @limit OFFSET @offset",
                WebhookRows.ReadDelivery, ("@endpoint", endpointId), ("@limit", limit), ("@offset", offset)),
            (int)session.First("SELECT COUNT(*) FROM webhook_deliveries WHERE endpoint_id = @endpoint", row => row.GetInt64(0), ("@endpoint", endpointId))),
        cancellationToken);

    /// <inheritdoc/>
    public Task<Delivery?> ReplayAsync(string endpointId, string messageId, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.WriteAsync(session => AttemptWrites.Replay(session, endpointId, messageId, now), cancellationToken);

    /// <inheritdoc/>
    public async Task<TidyOutcome> TidyAsync(TidyLimits limits, DateTimeOffset now, CancellationToken cancellationToken)
    {
        TidyWork work = await database.ReadAsync(session => DeliveryTidying.Look(session, limits), cancellationToken);
        return work.IsNothing ? new TidyOutcome(0, 0, More: false)
            : await database.WriteAsync(session => DeliveryTidying.Run(session, work, now), cancellationToken);
    }

    private static List<ClaimedDelivery> Claim(
        SqlSession session, IReadOnlyList<(string EndpointId, int Count)> wanted, string node, DateTimeOffset now, DateTimeOffset leaseUntil)
    {
        var claimed = new List<ClaimedDelivery>();
        foreach ((string endpointId, int count) in wanted)
        {
            if (WebhookEndpointStore.Find(session, endpointId) is not { DisabledAt: null } endpoint)
                continue;
            List<ClaimedDelivery> due = session.Query(
                ListClaimableStatement, row => WebhookRows.ReadClaimed(row, endpoint), ("@endpoint", endpointId), ("@now", now.ToColumn()), ("@count", count));
            // Where another node was faster, its lease stands.
            claimed.AddRange(due.Where(delivery => session.Execute(
                LeaseStatement, ("@sequence", delivery.Sequence), ("@node", node), ("@until", leaseUntil.ToColumn()), ("@now", now.ToColumn())) > 0));
        }
        return claimed;
    }
}
