namespace Amps.Ocpp.Storage.Schema;

/// <summary>What a sandbox push asks of the simulated charge point.</summary>
internal static class Script0003
{
    public const string Text = "ALTER TABLE actions ADD COLUMN sandbox TEXT";
}
