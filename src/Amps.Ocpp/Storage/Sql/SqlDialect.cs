namespace Amps.Ocpp.Storage.Sql;

/// <summary>
/// The few words in which the engines differ. Texts of the stores and of the schema carry them as tokens:
/// <c>{identity}</c>, <c>{blob}</c>, and <c>{ids}</c>, a table with the one column <c>value</c> made of the parameter
/// <c>@ids</c>, a JSON array of strings.
/// </summary>
internal sealed record SqlDialect(string Identity, string Blob, string Ids, string BeginWrite, string ListTables)
{
    public static SqlDialect Sqlite { get; } = new(
        Identity: "INTEGER PRIMARY KEY AUTOINCREMENT",
        Blob: "BLOB",
        Ids: "(SELECT value FROM json_each(@ids))",
        BeginWrite: "BEGIN IMMEDIATE",
        ListTables: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");

    public string Translate(string text) => text
        .Replace("{identity}", Identity, StringComparison.Ordinal)
        .Replace("{blob}", Blob, StringComparison.Ordinal)
        .Replace("{ids}", Ids, StringComparison.Ordinal);
}
