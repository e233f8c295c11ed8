using System.Data.Common;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage.Schema;

/// <summary>
/// Whether a database has the tables and columns that its version stands for. One made while a script was still being written has
/// the number and not the columns, which would otherwise show only when a statement first needs them.
/// </summary>
internal static class SchemaCheck
{
    /// <exception cref="StorageStartException">A table or a column is missing.</exception>
    public static void Verify(SqlSession session, IReadOnlyList<string> scripts, string place)
    {
        foreach ((string table, List<string> columns) in ColumnsOf(scripts))
        {
            try
            {
                session.RunScript($"SELECT {string.Join(", ", columns)} FROM {table} WHERE 1 = 0");
            }
            catch (DbException e) when (session.Dialect.Explain(e) is { } reason)
            {
                throw new StorageStartException(
                    $"The database {place} says that it has schema version {scripts.Count}, but its table {table} does not fit: {reason}. {Migrator.Remedy}", e);
            }
        }
    }

    /// <summary>Tables and their columns as the scripts make them: each column has a line of its own and begins with a small letter.</summary>
    internal static IReadOnlyDictionary<string, List<string>> ColumnsOf(IReadOnlyList<string> scripts)
    {
        var tables = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        List<string>? current = null;
        foreach (string line in scripts.SelectMany(script => script.Split('\n')))
        {
            string[] words = line.Split([' ', ';', '\r'], StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["CREATE", "TABLE", var table, ..]:
                    current = tables[table] = [];
                    break;
                case ["ALTER", "TABLE", var table, "ADD", "COLUMN", var column, ..]:
                    tables[table].Add(column);
                    break;
                case [var column, ..] when current is not null && char.IsAsciiLetterLower(column[0]):
                    current.Add(column);
                    break;
            }
            if (line.TrimEnd().EndsWith(';'))
                current = null;
        }
        return tables;
    }
}
