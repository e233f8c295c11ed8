using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Webhooks;

namespace Amps.Ocpp.Storage;

/// <summary>What an attempt, or the operator's wish for another, changes in a queue.</summary>
internal static class AttemptWrites
{
    private const string Attempted = """
        UPDATE webhook_deliveries
        SET attempts = attempts + 1, first_attempt_at = COALESCE(first_attempt_at, @at), last_attempt_at = @at,
            last_status = @status, last_error = @error, lease_node = NULL, lease_until = NULL
        """;

    private const string Mine = "WHERE sequence = @sequence AND lease_node = @node AND state = 'pending'";

    private const string RetryStatement = $"{Attempted}, next_attempt_at = @next {Mine}";

    private const string EndStatement = $"{Attempted}, next_attempt_at = NULL, state = @state, ended_at = @at {Mine}";

    private const string PromoteStatement = """
        UPDATE webhook_deliveries SET next_attempt_at = @now
        WHERE next_attempt_at IS NULL AND sequence = (
            SELECT MIN(sequence) FROM webhook_deliveries
            WHERE endpoint_id = @endpoint AND device_id = @device AND state = 'pending')
        """;

    private const string DisableStatement =
        "UPDATE webhook_endpoints SET disabled_at = @at, disabled_reason = @reason WHERE id = @endpoint AND disabled_at IS NULL";

    private const string DisableUnlessAliveStatement = $"""
        {DisableStatement} AND NOT EXISTS (
            SELECT 1 FROM webhook_deliveries
            WHERE endpoint_id = @endpoint AND state = 'delivered' AND ended_at >= @since)
        """;

    private const string RequeueStatement = """
        UPDATE webhook_deliveries
        SET state = 'pending', attempts = 0, first_attempt_at = NULL, ended_at = NULL,
            next_attempt_at = CASE WHEN EXISTS (
                SELECT 1 FROM webhook_deliveries AS other
                WHERE other.endpoint_id = @endpoint AND other.device_id = @device AND other.state = 'pending')
            THEN NULL ELSE CAST(@now AS BIGINT) END
        WHERE endpoint_id = @endpoint AND message_id = @message AND state <> 'pending'
        """;

    // A delivery that waits behind others of its device comes soonest when the first of them is tried now.
    private const string HurryStatement = """
        UPDATE webhook_deliveries SET attempts = 0, first_attempt_at = NULL, next_attempt_at = @now
        WHERE endpoint_id = @endpoint AND device_id = @device AND state = 'pending' AND next_attempt_at IS NOT NULL AND lease_node IS NULL
        """;

    /// <returns>Whether the endpoint went out of use.</returns>
    public static bool Finish(SqlSession session, AttemptRecord attempt)
    {
        ClaimedDelivery delivery = attempt.Delivery;
        bool ended = attempt.End is DeliveryEnd.Delivered or DeliveryEnd.GiveUp;
        object at = attempt.At.ToColumn();
        int changed = ended
            ? session.Execute(
                EndStatement,
                ("@sequence", delivery.Sequence),
                ("@node", attempt.Node),
                ("@at", at),
                ("@status", attempt.Status is { } status ? (long)status : null),
                ("@error", attempt.Error),
                ("@state", EnumText<DeliveryState>.Of(attempt.End == DeliveryEnd.Delivered ? DeliveryState.Delivered : DeliveryState.Failed)))
            : session.Execute(
                RetryStatement,
                ("@sequence", delivery.Sequence),
                ("@node", attempt.Node),
                ("@at", at),
                ("@status", attempt.Status is { } answered ? (long)answered : null),
                ("@error", attempt.Error),
                ("@next", attempt.NextAttemptAt?.UtcTicks ?? at));
        if (changed == 0)
            return false;
        if (ended)
            Promote(session, delivery.Endpoint.Id, delivery.DeviceId.Value, at);
        return attempt.End switch
        {
            DeliveryEnd.EndpointGone => session.Execute(
                DisableStatement, ("@endpoint", delivery.Endpoint.Id), ("@at", at), ("@reason", DisabledReasons.Gone)) > 0,
            DeliveryEnd.GiveUp => session.Execute(
                DisableUnlessAliveStatement, ("@endpoint", delivery.Endpoint.Id), ("@at", at), ("@reason", DisabledReasons.RetriesExhausted),
                ("@since", (delivery.FirstAttemptAt ?? attempt.At).ToColumn())) > 0,
            _ => false,
        };
    }

    public static Delivery? Replay(SqlSession session, string endpointId, string messageId, DateTimeOffset now)
    {
        if (Find(session, endpointId, messageId) is not { } delivery)
            return null;
        (string, object?) endpoint = ("@endpoint", endpointId);
        (string, object?) device = ("@device", delivery.DeviceId.Value);
        (string, object?) at = ("@now", now.ToColumn());
        session.Execute("UPDATE webhook_endpoints SET disabled_at = NULL, disabled_reason = NULL WHERE id = @endpoint", endpoint);
        session.Execute(RequeueStatement, endpoint, ("@message", messageId), device, at);
        session.Execute(HurryStatement, endpoint, device, at);
        return Find(session, endpointId, messageId);
    }

    /// <summary>The first of a device's waiting deliveries becomes due, if none is.</summary>
    private static void Promote(SqlSession session, string endpointId, string device, object now) =>
        session.Execute(PromoteStatement, ("@endpoint", endpointId), ("@device", device), ("@now", now));

    private static Delivery? Find(SqlSession session, string endpointId, string messageId) => session.First(
        $"SELECT {WebhookRows.DeliveryColumns} FROM webhook_deliveries WHERE endpoint_id = @endpoint AND message_id = @message",
        WebhookRows.ReadDelivery, ("@endpoint", endpointId), ("@message", messageId));
}
