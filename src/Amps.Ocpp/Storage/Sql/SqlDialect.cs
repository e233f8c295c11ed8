using System.Data.Common;

namespace Amps.Ocpp.Storage.Sql;

/// <summary>
/// The few words in which the engines differ. Texts of the stores and of the schema carry them as tokens:
/// <c>{identity}</c>, <c>{blob}</c>, and <c>{ids}</c>, a table with the one column <c>value</c> made of the parameter
/// <c>@ids</c>, a JSON array of strings; and <c>{now}</c>, the engine's own time as a column holds it.
/// </summary>
internal sealed record SqlDialect(string Identity, string Blob, string Ids, string Now, string BeginWrite, string ListTables)
{
    public static SqlDialect Sqlite { get; } = new(
        Identity: "INTEGER PRIMARY KEY AUTOINCREMENT",
        Blob: "BLOB",
        Ids: "(SELECT value FROM json_each(@ids))",
        Now: "CAST((julianday('now') - 1721425.5) * 864000000000 AS INTEGER)",
        BeginWrite: "BEGIN IMMEDIATE",
        ListTables: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");

    /// <summary>Word for a text column of the schema.</summary>
    public string Text { get; init; } = "TEXT";

    /// <summary>In one line why the engine refuses a text; null = the error is not the text's.</summary>
    public Func<DbException, string?> Explain { get; init; } = Storage.Sqlite.SqliteErrors.Explain;

    /// <summary>Gives a new command's parameters their types, where the engine wants to be told; null = it does not.</summary>
    public Action<DbCommand>? Describe { get; init; }

    /// <summary>Whether a text must not hold the character U+0000 (faults R15).</summary>
    public bool RefusesNul { get; init; }

    public string Translate(string text) => text
        .Replace("{identity}", Identity, StringComparison.Ordinal)
        .Replace("{blob}", Blob, StringComparison.Ordinal)
        .Replace("{ids}", Ids, StringComparison.Ordinal)
        .Replace("{now}", Now, StringComparison.Ordinal);

    /// <summary>Translates a script of the schema, in which <c>TEXT</c> stands for a text column.</summary>
    public string TranslateScript(string script) => Translate(script).Replace(" TEXT", " " + Text, StringComparison.Ordinal);

    /// <summary>The value as the engine may have it.</summary>
    public object ToEngine(object? value) => value switch
    {
        null => DBNull.Value,
        string text when RefusesNul && text.Contains('\0', StringComparison.Ordinal) => text.Replace('\0', '\uFFFD'),
        _ => value,
    };
}
