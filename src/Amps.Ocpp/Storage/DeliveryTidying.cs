using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Webhooks;

namespace Amps.Ocpp.Storage;

/// <summary>
/// Keeps the queues of deliveries within their limits (faults N12). What is to be done is looked for beside the writer, since
/// counting long queues takes a while; the write then touches single rows only.
/// </summary>
internal static class DeliveryTidying
{
    private const string ListOverfullStatement = """
        SELECT endpoint_id, COUNT(*) FROM webhook_deliveries WHERE state = 'pending'
        GROUP BY endpoint_id HAVING COUNT(*) > @limit
        """;

    private const string ListOldestStatement = """
        SELECT sequence FROM webhook_deliveries
        WHERE endpoint_id = @endpoint AND state = 'pending' AND lease_node IS NULL
        ORDER BY sequence LIMIT @count
        """;

    // Whose first delivery was given up here, or passed another node's unseen commit.
    private const string ListOrphansStatement = """
        SELECT MIN(sequence) FROM webhook_deliveries WHERE state = 'pending'
        GROUP BY endpoint_id, device_id HAVING MAX(next_attempt_at) IS NULL LIMIT @count
        """;

    private const string ListOldStatement =
        "SELECT sequence FROM webhook_deliveries WHERE state = @state AND ended_at < @before LIMIT @count";

    private const string ListManyFailedStatement = """
        SELECT endpoint_id, COUNT(*) FROM webhook_deliveries WHERE state = 'failed'
        GROUP BY endpoint_id HAVING COUNT(*) > @limit
        """;

    private const string ListOldestFailedStatement =
        "SELECT sequence FROM webhook_deliveries WHERE endpoint_id = @endpoint AND state = 'failed' ORDER BY sequence LIMIT @count";

    private const string DropStatement = """
        UPDATE webhook_deliveries SET state = 'failed', last_error = @error, ended_at = @now, next_attempt_at = NULL
        WHERE sequence = @sequence AND state = 'pending' AND lease_node IS NULL
        """;

    private const string CountDroppedStatement = "UPDATE webhook_endpoints SET dropped = dropped + @count WHERE id = @endpoint";

    private const string PromoteStatement = """
        UPDATE webhook_deliveries SET next_attempt_at = @now
        WHERE sequence = @sequence AND state = 'pending' AND NOT EXISTS (
            SELECT 1 FROM webhook_deliveries AS first
            WHERE first.endpoint_id = webhook_deliveries.endpoint_id AND first.device_id = webhook_deliveries.device_id
                AND first.state = 'pending' AND first.next_attempt_at IS NOT NULL)
        """;

    private const string ForgetStatement = "DELETE FROM webhook_deliveries WHERE sequence = @sequence AND state <> 'pending'";

    public static TidyWork Look(SqlSession session, TidyLimits limits)
    {
        int size = limits.BatchSize;
        List<(string Endpoint, List<long> Oldest)> excess =
            [.. Crowded(session, ListOverfullStatement, limits.MaxPending).Select(e => (e.Endpoint, Oldest(session, ListOldestStatement, e.Endpoint, Math.Min(e.Excess, size))))];
        // Giving up many makes many orphans; they are looked for when that is over.
        List<long> orphans = excess.Count > 0 ? [] : session.Query(ListOrphansStatement, row => row.GetInt64(0), ("@count", size));
        List<long> old =
        [
            .. Old(session, DeliveryState.Delivered, limits.DeliveredBefore, size),
            .. Old(session, DeliveryState.Failed, limits.FailedBefore, size),
            .. Crowded(session, ListManyFailedStatement, limits.MaxFailed).SelectMany(e => Oldest(session, ListOldestFailedStatement, e.Endpoint, Math.Min(e.Excess, size))),
        ];
        return new TidyWork(excess, orphans, old);
    }

    public static TidyOutcome Run(SqlSession session, TidyWork work, DateTimeOffset now)
    {
        int dropped = 0;
        foreach ((string endpoint, List<long> oldest) in work.Excess)
        {
            int given = oldest.Sum(sequence => session.Execute(
                DropStatement, ("@sequence", sequence), ("@error", AttemptErrors.Dropped), ("@now", now.ToColumn())));
            session.Execute(CountDroppedStatement, ("@endpoint", endpoint), ("@count", (long)given));
            dropped += given;
        }
        foreach (long orphan in work.Orphans)
            session.Execute(PromoteStatement, ("@sequence", orphan), ("@now", now.ToColumn()));
        int deleted = work.Old.Sum(sequence => session.Execute(ForgetStatement, ("@sequence", sequence)));
        return new TidyOutcome(dropped, deleted, More: true);
    }

    private static List<(string Endpoint, int Excess)> Crowded(SqlSession session, string statement, int limit) =>
        session.Query(statement, row => (row.GetString(0), (int)row.GetInt64(1) - limit), ("@limit", (long)limit));

    private static List<long> Oldest(SqlSession session, string statement, string endpoint, int count) =>
        session.Query(statement, row => row.GetInt64(0), ("@endpoint", endpoint), ("@count", count));

    private static List<long> Old(SqlSession session, DeliveryState state, DateTimeOffset before, int count) => session.Query(
        ListOldStatement, row => row.GetInt64(0), ("@state", EnumText<DeliveryState>.Of(state)), ("@before", before.ToColumn()), ("@count", count));
}

/// <summary>Deliveries too many, first ones that nothing makes due, and ended ones to forget, by their sequence.</summary>
internal sealed record TidyWork(IReadOnlyList<(string Endpoint, List<long> Oldest)> Excess, IReadOnlyList<long> Orphans, IReadOnlyList<long> Old)
{
    public bool IsNothing => Excess.Count + Orphans.Count + Old.Count == 0;
}
