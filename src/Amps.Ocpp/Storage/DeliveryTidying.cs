using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Webhooks;

namespace Amps.Ocpp.Storage;

/// <summary>Keeps the queues of deliveries within their limits (faults N12).</summary>
internal static class DeliveryTidying
{
    private const string ListOverfullStatement = """
        SELECT endpoint_id, COUNT(*) FROM webhook_deliveries WHERE state = 'pending'
        GROUP BY endpoint_id HAVING COUNT(*) > @limit
        """;

    private const string DropStatement = """
        UPDATE webhook_deliveries SET state = 'failed', last_error = @error, ended_at = @now, next_attempt_at = NULL
        WHERE sequence IN (
            SELECT sequence FROM webhook_deliveries
            WHERE endpoint_id = @endpoint AND state = 'pending' AND lease_node IS NULL
            ORDER BY sequence LIMIT @count)
        """;

    private const string CountDroppedStatement = "UPDATE webhook_endpoints SET dropped = dropped + @count WHERE id = @endpoint";

    // Whose first delivery was given up here, or passed another node's unseen commit, gets its next one going.
    private const string PromoteOrphansStatement = """
        UPDATE webhook_deliveries SET next_attempt_at = @now
        WHERE state = 'pending' AND sequence IN (
            SELECT MIN(sequence) FROM webhook_deliveries WHERE state = 'pending'
            GROUP BY endpoint_id, device_id HAVING MAX(next_attempt_at) IS NULL)
        """;

    private const string ForgetStatement = """
        DELETE FROM webhook_deliveries WHERE sequence IN (
            SELECT sequence FROM webhook_deliveries WHERE state = @state AND ended_at < @before LIMIT @count)
        """;

    private const string ListManyFailedStatement = """
        SELECT endpoint_id, COUNT(*) FROM webhook_deliveries WHERE state = 'failed'
        GROUP BY endpoint_id HAVING COUNT(*) > @limit
        """;

    private const string ForgetFailedStatement = """
        DELETE FROM webhook_deliveries WHERE sequence IN (
            SELECT sequence FROM webhook_deliveries WHERE endpoint_id = @endpoint AND state = 'failed'
            ORDER BY sequence LIMIT @count)
        """;

    public static TidyOutcome Run(SqlSession session, TidyLimits limits, DateTimeOffset now)
    {
        int dropped = 0;
        foreach ((string endpoint, int excess) in Overfull(session, ListOverfullStatement, limits.MaxPending))
        {
            int given = session.Execute(
                DropStatement, ("@endpoint", endpoint), ("@error", AttemptErrors.Dropped), ("@now", now.ToColumn()), ("@count", Math.Min(excess, limits.BatchSize)));
            session.Execute(CountDroppedStatement, ("@endpoint", endpoint), ("@count", (long)given));
            dropped += given;
        }
        session.Execute(PromoteOrphansStatement, ("@now", now.ToColumn()));
        int deleted = Forget(session, DeliveryState.Delivered, limits.DeliveredBefore, limits.BatchSize)
            + Forget(session, DeliveryState.Failed, limits.FailedBefore, limits.BatchSize);
        foreach ((string endpoint, int excess) in Overfull(session, ListManyFailedStatement, limits.MaxFailed))
            deleted += session.Execute(ForgetFailedStatement, ("@endpoint", endpoint), ("@count", Math.Min(excess, limits.BatchSize)));
        return new TidyOutcome(dropped, deleted);
    }

    private static List<(string Endpoint, int Excess)> Overfull(SqlSession session, string statement, int limit) =>
        session.Query(statement, row => (row.GetString(0), (int)row.GetInt64(1) - limit), ("@limit", (long)limit));

    private static int Forget(SqlSession session, DeliveryState state, DateTimeOffset before, int count) => session.Execute(
        ForgetStatement, ("@state", EnumText<DeliveryState>.Of(state)), ("@before", before.ToColumn()), ("@count", count));
}
