namespace Amps.Ocpp.Storage.Sql;

/// <summary>A text of the stores with its values.</summary>
internal sealed record SqlStatement(string Text, params (string Name, object? Value)[] Parameters);

/// <summary>
/// A write of which more is known than a function tells: its first statement, so that an engine behind a wire can send
/// those of a whole batch together, and how to take it back.
/// </summary>
/// <param name="Statement">Returns at most one row whose first column is a whole number; null = none is known beforehand.</param>
/// <param name="Then">Makes the result of that number, null = no row; may run further statements, on the rare way.</param>
/// <param name="Undo">
/// Takes the write back when a lost connection hid its commit for so long that the caller was told it failed; null where
/// what was written may stay.
/// </param>
internal sealed record SqlWrite<T>(SqlStatement? Statement, Func<SqlSession, long?, T> Then, Action<SqlSession>? Undo = null)
{
    public T Run(SqlSession session) => Then(session, Statement is null
        ? null
        : session.First(Statement.Text, row => (long?)row.GetInt64(0), Statement.Parameters));
}
