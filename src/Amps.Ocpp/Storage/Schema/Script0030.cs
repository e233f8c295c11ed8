namespace Amps.Ocpp.Storage.Schema;

/// <summary>Leases, who carries an action out, and what of the registry changed when, for the other nodes.</summary>
internal static class Script0030
{
    public const string Text = """
        CREATE TABLE leases (
            name TEXT PRIMARY KEY,
            holder TEXT NOT NULL,
            until BIGINT NOT NULL);

        ALTER TABLE actions ADD COLUMN node TEXT;

        ALTER TABLE charge_points ADD COLUMN version BIGINT NOT NULL DEFAULT 0;

        -- One row per thing, with the time of its last change by the database's clock.
        CREATE TABLE registry_changes (
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            changed_at BIGINT NOT NULL,
            PRIMARY KEY (kind, id));
        CREATE INDEX registry_changes_by_time ON registry_changes (changed_at);
        """;
}
