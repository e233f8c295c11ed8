namespace Amps.Ocpp.Storage.Schema;

/// <summary>Webhook endpoints, their queues, and what has been told of each device's link.</summary>
internal static class Script0002
{
    public const string Text = """
        CREATE TABLE webhook_endpoints (
            id TEXT PRIMARY KEY,
            customer_id TEXT NOT NULL,
            environment TEXT NOT NULL,
            url TEXT NOT NULL,
            events TEXT NOT NULL,
            secret {blob} NOT NULL,
            previous_secret {blob},
            previous_until BIGINT,
            created_at BIGINT NOT NULL,
            disabled_at BIGINT,
            disabled_reason TEXT,
            dropped BIGINT NOT NULL);
        CREATE INDEX webhook_endpoints_by_customer ON webhook_endpoints (customer_id, environment);

        -- A waiting delivery has a next_attempt_at only while it is the first of its device and endpoint.
        CREATE TABLE webhook_deliveries (
            sequence {identity},
            endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
            message_id TEXT NOT NULL,
            event_type TEXT NOT NULL,
            device_id TEXT NOT NULL,
            body {blob} NOT NULL,
            created_at BIGINT NOT NULL,
            state TEXT NOT NULL,
            attempts BIGINT NOT NULL,
            first_attempt_at BIGINT,
            last_attempt_at BIGINT,
            next_attempt_at BIGINT,
            last_status BIGINT,
            last_error TEXT,
            ended_at BIGINT,
            lease_node TEXT,
            lease_until BIGINT);
        CREATE UNIQUE INDEX webhook_deliveries_by_message ON webhook_deliveries (endpoint_id, message_id);
        CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, sequence);
        CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_attempt_at)
            WHERE state = 'pending' AND next_attempt_at IS NOT NULL;
        CREATE INDEX webhook_deliveries_queue ON webhook_deliveries (endpoint_id, device_id, sequence, next_attempt_at, state)
            WHERE state = 'pending';
        CREATE INDEX webhook_deliveries_failed ON webhook_deliveries (endpoint_id, sequence, state) WHERE state = 'failed';
        CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (state, ended_at) WHERE ended_at IS NOT NULL;
        CREATE INDEX webhook_deliveries_leased ON webhook_deliveries (lease_node) WHERE lease_node IS NOT NULL;

        CREATE TABLE device_links (
            device_id TEXT PRIMARY KEY REFERENCES devices (device_id) ON DELETE CASCADE,
            connected BIGINT NOT NULL,
            told_at BIGINT NOT NULL);
        """;
}
