using System.Globalization;
using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Storage.Writing;

namespace Amps.Ocpp.Storage.Postgres;

/// <summary>
/// Numbers the batches of one writer. Each transaction writes its number into the writer's row; when the answer to a commit
/// was lost, that row tells whether it took place. What was committed though its callers were told that it failed is
/// undone as soon as the server can be reached.
/// </summary>
internal sealed class CommitLedger(TimeProvider clock)
{
    private const string MarkStatement = """
        INSERT INTO commit_marks (writer, batch, written_at) VALUES (@writer, @batch, @now)
        ON CONFLICT (writer) DO UPDATE SET batch = excluded.batch, written_at = excluded.written_at
        RETURNING batch
        """;

    // Writing the row waits for the end of a transaction of a lost session that still holds it.
    private const string TouchStatement = """
        INSERT INTO commit_marks (writer, batch, written_at) VALUES (@writer, 0, @now)
        ON CONFLICT (writer) DO UPDATE SET written_at = excluded.written_at
        RETURNING batch
        """;

    private const string ForgetStatement = "DELETE FROM commit_marks WHERE written_at < @before";

    // Of writers that ended long ago; one that is alive writes its row at every probe and every batch.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    private readonly string _writer = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
    private readonly List<WriteItem> _owed = [];
    private List<WriteItem> _abandoned = [];
    private long _number;

    /// <summary>The last commit was sent and not answered.</summary>
    public bool InDoubt { get; private set; }

    public bool OwesUndo => _owed.Count > 0;

    /// <summary>What the transaction of the current batch begins with.</summary>
    public SqlStatement Mark => new(
        MarkStatement, ("@writer", _writer), ("@batch", _number), ("@now", clock.GetUtcNow().ToColumn()));

    /// <summary>A new batch, with a number of its own.</summary>
    public void Begin() => _number++;

    public void Committing() => InDoubt = true;

    /// <summary>The server answered, either way.</summary>
    public void Answered() => InDoubt = false;

    /// <summary>The callers are told that the batch failed; should it turn out that it did not, it is undone.</summary>
    public void Abandon(List<WriteItem> batch) => _abandoned = InDoubt ? [.. batch] : [];

    /// <summary>Finds out whether the batch in doubt was committed.</summary>
    public bool Settle(SqlSession session)
    {
        bool committed = Touch(session) == _number;
        InDoubt = false;
        if (committed)
            _owed.AddRange(_abandoned);
        _abandoned = [];
        return committed;
    }

    /// <summary>Writes the writer's row and returns the number of its last committed batch.</summary>
    public long Touch(SqlSession session) =>
        session.First(TouchStatement, row => row.GetInt64(0), ("@writer", _writer), ("@now", clock.GetUtcNow().ToColumn()));

    /// <summary>Removes the rows of writers that ended long ago.</summary>
    public void Forget(SqlSession session) =>
        session.Execute(ForgetStatement, ("@before", (clock.GetUtcNow() - Kept).ToColumn()));

    /// <summary>Its caller was told that it failed, but it is committed.</summary>
    public void Owe(WriteItem item) => _owed.Add(item);

    /// <summary>Undoes what is owed.</summary>
    public void Undo(SqlSession session)
    {
        foreach (WriteItem item in _owed)
            item.Undo(session);
        _owed.Clear();
    }
}
