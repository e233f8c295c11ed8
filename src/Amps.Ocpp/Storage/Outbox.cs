using Amps.Ocpp.Model;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage;

/// <summary>Puts an event into the queues of the endpoints that asked for it, within the write that brings it about.</summary>
internal static class Outbox
{
    private const string EnqueueStatement = """
        INSERT INTO webhook_deliveries
            (endpoint_id, message_id, event_type, device_id, body, created_at, state, attempts, next_attempt_at)
        SELECT endpoint.id, @message, @type, @device, @body, @created_at, 'pending', 0,
            CASE WHEN EXISTS (
                SELECT 1 FROM webhook_deliveries AS earlier
                WHERE earlier.endpoint_id = endpoint.id AND earlier.device_id = @device AND earlier.state = 'pending')
            THEN NULL ELSE CAST(@created_at AS BIGINT) END
        FROM webhook_endpoints AS endpoint
        WHERE endpoint.customer_id = @customer AND endpoint.environment = @environment
            AND endpoint.disabled_at IS NULL AND endpoint.events LIKE '% ' || CAST(@type AS TEXT) || ' %'
        """;

    /// <returns>How many endpoints will be told.</returns>
    public static int Enqueue(SqlSession session, OutboxEvent happened) => session.Execute(
        EnqueueStatement,
        ("@message", happened.Id),
        ("@type", happened.Type),
        ("@device", happened.DeviceId.Value),
        ("@body", happened.Body),
        ("@created_at", happened.CreatedAt.ToColumn()),
        ("@customer", happened.CustomerId),
        ("@environment", EnumText<ApiEnvironment>.Of(happened.Environment)));
}
