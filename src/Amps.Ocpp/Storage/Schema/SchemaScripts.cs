namespace Amps.Ocpp.Storage.Schema;

/// <summary>All scripts in order; the version of a schema is the number of the last script that ran. Scripts are only ever added.</summary>
internal static class SchemaScripts
{
    public static IReadOnlyList<string> All { get; } =
    [
        Script0001.Text, Script0002.Text, Script0003.Text, Script0004.Text, Script0005.Text, Script0006.Text, Script0030.Text,
    ];
}
