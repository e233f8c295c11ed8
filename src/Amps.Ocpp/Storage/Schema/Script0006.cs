namespace Amps.Ocpp.Storage.Schema;

/// <summary>Passwords on their way to a charge point, and security events.</summary>
internal static class Script0006
{
    public const string Text = """
        ALTER TABLE charge_points ADD COLUMN next_passwords TEXT;

        -- An empty charge_point stands for events of nobody known.
        CREATE TABLE security_events (
            id {identity},
            charge_point TEXT NOT NULL,
            spelling TEXT,
            told BIGINT NOT NULL,
            type TEXT NOT NULL,
            at BIGINT NOT NULL,
            told_at BIGINT,
            detail TEXT,
            address TEXT);
        CREATE INDEX security_events_by_charge_point ON security_events (charge_point, told, id);
        """;
}
