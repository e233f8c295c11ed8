using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Amps.Ocpp.Storage.Sql;
using Npgsql;
using NpgsqlTypes;

namespace Amps.Ocpp.Storage.Postgres;

/// <summary>
/// A statement of the stores in the form that costs least to send many times: numbered parameters with known types.
/// </summary>
internal sealed partial class PipelinedText
{
    private static readonly ConcurrentDictionary<string, PipelinedText> Known = new(StringComparer.Ordinal);

    private readonly string _text;
    private readonly (int Source, NpgsqlDbType Type)[] _parameters;

    private PipelinedText(string text, (int Source, NpgsqlDbType Type)[] parameters)
    {
        _text = text;
        _parameters = parameters;
    }

    /// <summary>Adds the statement with its values to a batch.</summary>
    public static void Add(NpgsqlBatch batch, SqlStatement statement)
    {
        if (!Known.TryGetValue(statement.Text, out PipelinedText? known))
            known = Known[statement.Text] = Make(statement, batch.Connection!);
        var command = new NpgsqlBatchCommand(known._text);
        foreach ((int source, NpgsqlDbType type) in known._parameters)
        {
            command.Parameters.Add(new NpgsqlParameter
            {
                NpgsqlDbType = type,
                Value = PostgresDialect.Instance.ToEngine(statement.Parameters[source].Value),
            });
        }
        batch.BatchCommands.Add(command);
    }

    private static PipelinedText Make(SqlStatement statement, NpgsqlConnection connection)
    {
        string named = PostgresDialect.Instance.Translate(statement.Text);
        IReadOnlyDictionary<string, NpgsqlDbType> types = PostgresDialect.TypesOf(named, connection);
        var order = new List<string>();
        string numbered = Names().Replace(named, name =>
        {
            int index = order.IndexOf(name.Value);
            if (index < 0)
            {
                index = order.Count;
                order.Add(name.Value);
            }
            return $"${index + 1}";
        });
        return new PipelinedText(numbered, [.. order.Select(name => (SourceOf(name, statement), types[name]))]);
    }

    private static int SourceOf(string name, SqlStatement statement) =>
        Array.FindIndex(statement.Parameters, parameter => parameter.Name == name);

    [GeneratedRegex("@[a-z0-9_]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Names();
}
