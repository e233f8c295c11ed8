using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage;

/// <summary>
/// One table of what ends. It is walked from its oldest row on by its key, which rises with time, so that no index is needed and
/// a look costs what it finds.
/// </summary>
internal sealed class RetainedRows
{
    private readonly string _pageStatement;
    private readonly string _deleteStatement;
    private readonly Func<DbDataReader, int, object> _readKey;

    /// <param name="name">The table, and what the metric calls it.</param>
    /// <param name="cast">What the key is cast to from a text.</param>
    /// <param name="arrivedAt">Column that rises with the key, our time.</param>
    /// <param name="removable">Whether a row has ended, and before <c>@before</c>.</param>
    private RetainedRows(string name, string cast, object before, Func<DbDataReader, int, object> readKey, string arrivedAt, string removable)
    {
        Name = name;
        Start = before;
        _readKey = readKey;
        _pageStatement = $$"""
            SELECT id, CASE WHEN {{removable}} THEN 1 ELSE 0 END, CASE WHEN {{arrivedAt}} < @before THEN 1 ELSE 0 END
            FROM {{name}} WHERE id > @after ORDER BY id LIMIT @count
            """;
        // What was looked at may have changed meanwhile.
        _deleteStatement = $$"""
            DELETE FROM {{name}} WHERE id IN (SELECT CAST(value AS {{cast}}) FROM {ids} AS old) AND {{removable}}
            """;
    }

    /// <summary>
    /// Actions that ended. One whose window is open is not over, and the newest of each device is what its charger shows as
    /// <c>lastAction</c>.
    /// </summary>
    public static RetainedRows Actions { get; } = new("actions", "TEXT", "", (row, column) => row.GetString(column), "created_at", """
        completed_at < @before AND state NOT IN ('scheduled', 'acknowledged')
        AND (state <> 'completed' OR window_end IS NULL OR window_closed_at IS NOT NULL)
        AND EXISTS (SELECT 1 FROM actions AS newer WHERE newer.device_id = actions.device_id AND newer.created_at > actions.created_at)
        """);

    /// <summary>Transactions that ended. When they were told counts, since a charge point's clock may be wrong.</summary>
    public static RetainedRows Transactions { get; } = new("transactions", "BIGINT", 0L, (row, column) => row.GetInt64(column), "received_at", """
        received_at < @before AND COALESCE(stop_received_at, stopped_at) < @before
        """);

    /// <summary>Stops of transactions that nobody knew.</summary>
    public static RetainedRows QuarantinedStops { get; } = new(
        "quarantined_stops", "BIGINT", 0L, (row, column) => row.GetInt64(column), "received_at", "received_at < @before");

    public string Name { get; }

    /// <summary>A key before all others.</summary>
    public object Start { get; }

    /// <summary>Looks at the next rows after a key.</summary>
    public RetainedPage Look(SqlSession session, object after, DateTimeOffset before, int count)
    {
        List<(object Key, bool Removable, bool Old)> rows = session.Query(
            _pageStatement,
            row => (_readKey(row, 0), row.GetInt64(1) != 0, row.GetInt64(2) != 0),
            ("@before", before.ToColumn()),
            ("@after", after),
            ("@count", (long)count));
        return new RetainedPage(
            [.. rows.Where(row => row.Removable).Select(row => Convert.ToString(row.Key, CultureInfo.InvariantCulture)!)],
            rows.Count == count && rows[^1].Old ? rows[^1].Key : null);
    }

    /// <summary>Deletes those of these rows that may still go; returns how many.</summary>
    public int Delete(SqlSession session, string[] keys, DateTimeOffset before) => session.Execute(
        _deleteStatement, ("@ids", JsonSerializer.Serialize(keys, StoreJson.Default.StringArray)), ("@before", before.ToColumn()));
}

/// <summary>Rows that may go, by their keys, and after which key it goes on; null = what follows is young, or nothing.</summary>
internal sealed record RetainedPage(string[] Old, object? Next);
