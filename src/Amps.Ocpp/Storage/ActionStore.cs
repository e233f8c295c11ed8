using Amps.Ocpp.Actions;
using Amps.Ocpp.Model;
using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Webhooks;

namespace Amps.Ocpp.Storage;

/// <summary>Actions; a unique partial index of the database lets one non-terminal action per device exist.</summary>
internal sealed class ActionStore(IDatabase database, DeliverySignal signal) : IActionStore
{
    private const int MaxReplaceTries = 3;
    private static readonly ActionState[] UnderWay = [ActionState.Acknowledged];

    private const string Unfinished = ActionRows.Unfinished;

    private const string ReplaceStatement = $"""
        UPDATE actions SET state = 'cancelled', updated_at = @at, completed_at = @at
        WHERE device_id = @device AND {Unfinished}
        RETURNING id
        """;

    private const string ListConflictingStatement = $"SELECT id FROM actions WHERE device_id = @device AND {Unfinished}";

    // A list of states has one to five members; a shorter one repeats its last.
    private const string UpdateStatement = """
        UPDATE actions
        SET state = @state, result = @result, error_code = @error_code, error_message = @error_message,
            updated_at = @updated_at, acknowledged_at = @acknowledged_at, dispatched_at = @dispatched_at,
            completed_at = @completed_at, window_start = @window_start, window_end = @window_end,
            window_closed_at = @window_closed_at, node = @node
        WHERE id = @id AND state IN (@from0, @from1, @from2, @from3, @from4) AND (node IS NULL OR node = @node)
        RETURNING 1
        """;

    private const string Columns = ActionRows.Columns;

    private const string AdoptStatement = $"""
        UPDATE actions SET node = @node
        WHERE state = 'acknowledged' AND (node IS NULL OR NOT {LeaseStore.OwnerLives})
        RETURNING {Columns}
        """;

    private const string ListDueStatement = $"""
        SELECT {Columns} FROM actions WHERE state = 'scheduled' AND window_start <= @until
        UNION ALL
        SELECT {Columns} FROM actions WHERE state = 'completed' AND window_end <= @until AND window_closed_at IS NULL
        """;

    private const string ClaimWindowStatement = $"""
        UPDATE actions SET node = @node
        WHERE id = @id AND state = 'completed' AND window_closed_at IS NULL AND (node IS NULL OR node = @node OR NOT {LeaseStore.OwnerLives})
        RETURNING 1
        """;

    private const string ForgetStatement = $"DELETE FROM actions WHERE id = @id AND dispatched_at IS NULL AND {Unfinished}";

    private const string FindNewestStatement = $"""
        SELECT {ActionRows.Columns} FROM actions
        WHERE id IN (
            SELECT (SELECT newest.id FROM actions AS newest WHERE newest.device_id = wanted.value
                ORDER BY newest.created_at DESC, newest.id DESC LIMIT 1)
            FROM {ActionRows.Ids} AS wanted)
        """;

    /// <inheritdoc/>
    public Task<InsertOutcome> InsertAsync(ActionRecord action, bool replace, CancellationToken cancellationToken) =>
        replace
            ? database.WriteAsync(
                new SqlWrite<InsertOutcome>(Statement: null, (session, _) => Replace(session, action), session => Forget(session, action)),
                cancellationToken)
            : database.WriteAsync(Insert(action), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TryUpdateAsync(ActionRecord changed, IReadOnlyList<ActionState> from, CancellationToken cancellationToken) =>
        database.WriteAsync(Update(changed, from), cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> TryEndAsync(ActionRecord ended, OutboxEvent announcement, CancellationToken cancellationToken)
    {
        (bool changed, int told) = await database.WriteAsync(
            new SqlWrite<(bool, int)>(
                Update(ended, UnderWay).Statement,
                (session, updated) => updated is not null ? (true, Outbox.Enqueue(session, announcement)) : (false, 0)),
            cancellationToken);
        if (told > 0)
            signal.Raise();
        return changed;
    }

    /// <inheritdoc/>
    public Task<ActionRecord?> FindAsync(ActionId id, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.First($"SELECT {ActionRows.Columns} FROM actions WHERE id = @id", ActionRows.Read, ("@id", id.Value)),
        cancellationToken);

    /// <inheritdoc/>
    public Task<ActionPage> ListAsync(ActionFilter filter, int offset, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync(session => List(session, filter, offset, limit), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ActionRecord>> AdoptAsync(string node, CancellationToken cancellationToken) =>
        database.WriteAsync<IReadOnlyList<ActionRecord>>(session => session.Query(AdoptStatement, ActionRows.Read, ("@node", node)), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ActionRecord>> ListDueAsync(DateTimeOffset until, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ActionRecord>>(
            session => session.Query(ListDueStatement, ActionRows.Read, ("@until", until.ToColumn())), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TryClaimWindowAsync(ActionId id, string node, CancellationToken cancellationToken) => database.WriteAsync(
        new SqlWrite<bool>(new SqlStatement(ClaimWindowStatement, ("@id", id.Value), ("@node", node)), static (_, claimed) => claimed is not null),
        cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ActionRecord>> ListUnfinishedAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ActionRecord>>(
            session => session.Query(
                $"SELECT {ActionRows.Columns} FROM actions WHERE {Unfinished} ORDER BY created_at, id", ActionRows.Read),
            cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListCustomersWithWorkAsync(ApiEnvironment environment, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<string>>(
            session => session.Query(
                $"""
                SELECT customer_id FROM actions WHERE {Unfinished} AND environment = @environment
                UNION
                SELECT customer_id FROM actions
                WHERE window_end IS NOT NULL AND window_closed_at IS NULL AND state IN ('acknowledged', 'completed') AND environment = @environment
                """,
                static row => row.GetString(0),
                ("@environment", EnumText<ApiEnvironment>.Of(environment))),
            cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ActionRecord>> ListOpenWindowsAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ActionRecord>>(
            session => session.Query(
                $"SELECT {ActionRows.Columns} FROM actions WHERE window_end IS NOT NULL AND window_closed_at IS NULL AND state IN ('acknowledged', 'completed') ORDER BY window_end",
                ActionRows.Read),
            cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ActionRecord>> FindNewestAsync(IReadOnlyList<DeviceId> devices, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ActionRecord>>(
            session => session.Query(FindNewestStatement, ActionRows.Read, ("@ids", devices.ToIdArray())),
            cancellationToken);

    private static InsertOutcome Replace(SqlSession session, ActionRecord action)
    {
        (string, object?) device = ("@device", action.DeviceId.Value);
        var replaced = new List<ActionId>();
        InsertOutcome outcome;
        int tries = 0;
        do
        {
            replaced.AddRange(session.Query(ReplaceStatement, ActionRows.ReadId, device, ("@at", action.CreatedAt.ToColumn())));
            outcome = Insert(action).Run(session);
        }
        // Another node may have stored one between the two statements; it is replaced too.
        while (!outcome.Inserted && ++tries < MaxReplaceTries);
        return outcome with { Replaced = replaced };
    }

    private static SqlWrite<InsertOutcome> Insert(ActionRecord action) => new(
        ActionInserts.Of(action),
        (session, inserted) => inserted is not null
            ? new InsertOutcome(true, [], [])
            : new InsertOutcome(false, session.Query(ListConflictingStatement, ActionRows.ReadId, ("@device", action.DeviceId.Value)), []),
        session => Forget(session, action));

    // The caller of an insert that seemed to fail sends nothing, so nobody would ever end this action.
    private static void Forget(SqlSession session, ActionRecord action) => session.Execute(ForgetStatement, ("@id", action.Id.Value));

    private static SqlWrite<bool> Update(ActionRecord changed, IReadOnlyList<ActionState> from) => new(
        new SqlStatement(
            UpdateStatement,
            ("@id", changed.Id.Value),
            ("@state", EnumText<ActionState>.Of(changed.State)),
            ("@result", StoreJson.Write(changed.Result, StoreJson.Default.ActionResult)),
            ("@error_code", changed.ErrorCode),
            ("@error_message", changed.ErrorMessage),
            ("@updated_at", changed.UpdatedAt.ToColumn()),
            ("@acknowledged_at", changed.AcknowledgedAt.ToColumn()),
            ("@dispatched_at", changed.DispatchedAt.ToColumn()),
            ("@completed_at", changed.CompletedAt.ToColumn()),
            ("@window_start", changed.Start.ToColumn()),
            ("@window_end", changed.End.ToColumn()),
            ("@window_closed_at", changed.WindowClosedAt.ToColumn()),
            ("@node", changed.Node),
            ("@from0", From(from, 0)),
            ("@from1", From(from, 1)),
            ("@from2", From(from, 2)),
            ("@from3", From(from, 3)),
            ("@from4", From(from, 4))),
        (_, updated) => updated is not null);

    private static string From(IReadOnlyList<ActionState> states, int index) =>
        EnumText<ActionState>.Of(states[Math.Min(index, states.Count - 1)]);

    private static ActionPage List(SqlSession session, ActionFilter filter, int offset, int limit)
    {
        var where = new ActionCondition(filter);
        int total = (int)session.First($"SELECT COUNT(*) FROM actions WHERE {where.Text}", row => row.GetInt64(0), where.Parameters);
        List<ActionRecord> items = session.Query(
            $"SELECT {ActionRows.Columns} FROM actions WHERE {where.Text} ORDER BY created_at DESC, id DESC LIMIT @limit OFFSET @offset",
            ActionRows.Read,
            [.. where.Parameters, ("@limit", limit), ("@offset", offset)]);
        return new ActionPage(items, total);
    }
}
