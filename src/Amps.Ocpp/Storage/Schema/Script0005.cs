namespace Amps.Ocpp.Storage.Schema;

/// <summary>Transactions whose id the station makes (OCPP 2.x).</summary>
internal static class Script0005
{
    public const string Text = """
        ALTER TABLE transactions ADD COLUMN station_id TEXT;
        CREATE UNIQUE INDEX transactions_by_station_id ON transactions (charge_point, station_id) WHERE station_id IS NOT NULL;
        """;
}
