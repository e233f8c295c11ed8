using System.Data.Common;

namespace Amps.Ocpp.Storage.Sql;

/// <summary>
/// One connection with its prepared statements. A statement is prepared once and kept, because preparing costs more than
/// running it; the texts are constants, so their number is bounded. Not for use by two threads at a time.
/// </summary>
internal sealed class SqlSession(DbConnection connection, SqlDialect dialect) : IDisposable
{
    private readonly Dictionary<string, DbCommand> _prepared = new(StringComparer.Ordinal);

    public DbConnection Connection => connection;

    public SqlDialect Dialect => dialect;

    /// <summary>Runs a statement; returns the number of rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Bind(sql, parameters).ExecuteNonQuery();

    /// <summary>The first row, or the type's default when there is none.</summary>
    public T? First<T>(string sql, Func<DbDataReader, T> map, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using DbDataReader reader = Bind(sql, parameters).ExecuteReader();
        return reader.Read() ? map(reader) : default;
    }

    /// <summary>All rows.</summary>
    public List<T> Query<T>(string sql, Func<DbDataReader, T> map, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var rows = new List<T>();
        using DbDataReader reader = Bind(sql, parameters).ExecuteReader();
        while (reader.Read())
            rows.Add(map(reader));
        return rows;
    }

    /// <summary>Runs a text of several statements once, without keeping it.</summary>
    public void RunScript(string script)
    {
        using DbCommand command = connection.CreateCommand();
        SetText(command, dialect.TranslateScript(script));
        command.ExecuteNonQuery();
    }

    public void Dispose()
    {
        foreach (DbCommand command in _prepared.Values)
            command.Dispose();
        _prepared.Clear();
        connection.Dispose();
    }

    private DbCommand Bind(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        if (!_prepared.TryGetValue(sql, out DbCommand? command))
            _prepared.Add(sql, command = Create(sql, parameters));
        DbParameterCollection bound = command.Parameters;
        for (int i = 0; i < parameters.Length; i++)
            bound[i].Value = dialect.ToEngine(parameters[i].Value);
        return command;
    }

    private DbCommand Create(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        DbCommand command = connection.CreateCommand();
        SetText(command, dialect.Translate(sql));
        foreach ((string name, _) in parameters)
        {
            DbParameter parameter = command.CreateParameter();
            parameter.ParameterName = name;
            command.Parameters.Add(parameter);
        }
        dialect.Describe?.Invoke(command);
        return command;
    }

#pragma warning disable CA2100 // The texts are constants of this room; values travel as parameters.
    private static void SetText(DbCommand command, string text) => command.CommandText = text;
#pragma warning restore CA2100
}
