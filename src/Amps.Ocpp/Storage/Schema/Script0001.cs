namespace Amps.Ocpp.Storage.Schema;

/// <summary>Registry, transactions, actions and last known states.</summary>
internal static class Script0001
{
    public const string Text = """
        CREATE TABLE customers (
            id TEXT PRIMARY KEY,
            live_enabled BIGINT NOT NULL,
            created_at BIGINT NOT NULL);

        CREATE TABLE api_keys (
            id TEXT PRIMARY KEY,
            customer_id TEXT,
            environment TEXT NOT NULL,
            permissions BIGINT NOT NULL,
            hash {blob} NOT NULL UNIQUE,
            created_at BIGINT NOT NULL,
            expires_at BIGINT,
            revoked_at BIGINT);

        CREATE TABLE charge_points (
            id TEXT PRIMARY KEY,
            spelling TEXT NOT NULL,
            customer_id TEXT,
            user_id TEXT,
            environment TEXT NOT NULL,
            admission TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            configuration TEXT,
            boot TEXT,
            learned TEXT,
            password_scheme TEXT,
            password_salt {blob},
            password_hash {blob});

        -- Apart from charge_points: it changes with every link, and must go on rising when an identity is removed and comes back.
        CREATE TABLE link_generations (
            charge_point TEXT PRIMARY KEY,
            generation BIGINT NOT NULL);

        CREATE TABLE devices (
            device_id TEXT PRIMARY KEY,
            charge_point TEXT NOT NULL REFERENCES charge_points (id) ON DELETE CASCADE,
            connector_id BIGINT NOT NULL,
            cap_kw DOUBLE PRECISION,
            cap_written_at BIGINT);
        CREATE INDEX devices_by_charge_point ON devices (charge_point, connector_id);

        CREATE TABLE id_tokens (
            token TEXT PRIMARY KEY,
            spelling TEXT NOT NULL,
            status TEXT NOT NULL,
            expires_at BIGINT,
            parent_id TEXT);

        CREATE TABLE transactions (
            id {identity} CHECK (id BETWEEN 1 AND 2147483647),
            charge_point TEXT NOT NULL,
            connector_id BIGINT NOT NULL,
            id_tag TEXT NOT NULL,
            started_at BIGINT NOT NULL,
            meter_start_wh DOUBLE PRECISION NOT NULL,
            received_at BIGINT NOT NULL,
            stopped_at BIGINT,
            meter_stop_wh DOUBLE PRECISION,
            stop_reason TEXT,
            stop_id_tag TEXT,
            stop_received_at BIGINT,
            stop_payload TEXT);
        CREATE UNIQUE INDEX transactions_by_start
            ON transactions (charge_point, connector_id, id_tag, started_at, meter_start_wh);
        CREATE INDEX transactions_open ON transactions (charge_point, connector_id) WHERE stopped_at IS NULL;

        CREATE TABLE quarantined_stops (
            id {identity},
            charge_point TEXT NOT NULL,
            transaction_id BIGINT NOT NULL,
            stopped_at BIGINT NOT NULL,
            meter_stop_wh DOUBLE PRECISION NOT NULL,
            reason TEXT,
            id_tag TEXT,
            received_at BIGINT NOT NULL,
            payload TEXT NOT NULL);
        CREATE INDEX quarantined_stops_by_charge_point ON quarantined_stops (charge_point, id);

        CREATE TABLE actions (
            id TEXT PRIMARY KEY,
            device_id TEXT NOT NULL,
            charge_point TEXT NOT NULL,
            connector_id BIGINT NOT NULL,
            customer_id TEXT NOT NULL,
            user_id TEXT,
            environment TEXT NOT NULL,
            command TEXT NOT NULL,
            state TEXT NOT NULL,
            result TEXT,
            error_code TEXT,
            error_message TEXT,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            acknowledged_at BIGINT,
            dispatched_at BIGINT,
            completed_at BIGINT,
            window_start BIGINT,
            window_end BIGINT,
            window_closed_at BIGINT);
        CREATE UNIQUE INDEX actions_unfinished ON actions (device_id) WHERE state IN ('scheduled', 'acknowledged');
        CREATE INDEX actions_open_windows ON actions (window_end) WHERE window_end IS NOT NULL AND window_closed_at IS NULL;
        CREATE INDEX actions_by_customer ON actions (customer_id, environment, created_at DESC, id DESC);
        CREATE INDEX actions_by_device ON actions (device_id, created_at DESC, id DESC);

        CREATE TABLE charger_states (
            device_id TEXT PRIMARY KEY,
            sequence BIGINT NOT NULL,
            snapshot TEXT NOT NULL);

        CREATE TABLE probes (
            id BIGINT PRIMARY KEY,
            written_at BIGINT NOT NULL);
        """;
}
