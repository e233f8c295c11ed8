using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Storage.Writing;
using Npgsql;

namespace Amps.Ocpp.Storage.Postgres;

/// <summary>Runs the items of a batch in the open transaction of a session.</summary>
internal static class PostgresBatch
{
    /// <summary>
    /// Runs all, neighbours whose statements are known with one trip to the server; false = one failed by its own fault, and
    /// nothing of the transaction is left.
    /// </summary>
    /// <param name="mark">What the transaction begins with.</param>
    public static bool TryRunTogether(SqlSession session, List<WriteItem> batch, SqlStatement mark)
    {
        try
        {
            SqlStatement? opening = mark;
            for (int next = 0; next < batch.Count;)
            {
                int end = next;
                while (end < batch.Count && batch[end].Statement is not null)
                    end++;
                if (end > next || opening is not null)
                {
                    long?[] found = Send(session, opening, batch, next, end);
                    opening = null;
                    for (int i = next; i < end; i++)
                        batch[i].Continue(session, found[i - next]);
                    next = end;
                }
                else
                {
                    batch[next++].Run(session);
                }
            }
            return true;
        }
        catch (Exception e) when (!PostgresErrors.IsStorageFailure(e) && !PostgresErrors.IsConflict(e))
        {
            return false;
        }
    }

    /// <summary>Runs one after the other; one that fails is told so, undone alone and taken out of the batch.</summary>
    public static void RunApart(SqlSession session, List<WriteItem> batch, SqlStatement mark)
    {
        session.First(mark.Text, row => row.GetInt64(0), mark.Parameters);
        for (int i = 0; i < batch.Count;)
        {
            session.Execute("SAVEPOINT item");
            try
            {
                batch[i].Run(session);
                session.Execute("RELEASE SAVEPOINT item");
                i++;
            }
            catch (Exception e) when (!PostgresErrors.IsStorageFailure(e) && !PostgresErrors.IsConflict(e))
            {
                session.Execute("ROLLBACK TO SAVEPOINT item");
                batch[i].Fail(PostgresErrors.ToCaller(e));
                batch.RemoveAt(i);
            }
        }
    }

    /// <returns>What the statement of each item found.</returns>
    private static long?[] Send(SqlSession session, SqlStatement? opening, List<WriteItem> batch, int first, int end)
    {
        using NpgsqlBatch statements = ((NpgsqlConnection)session.Connection).CreateBatch();
        if (opening is not null)
            PipelinedText.Add(statements, opening);
        for (int i = first; i < end; i++)
            PipelinedText.Add(statements, batch[i].Statement!);
        var found = new long?[end - first];
        using NpgsqlDataReader reader = statements.ExecuteReader();
        if (opening is not null)
            reader.NextResult();
        for (int i = 0; i < found.Length; i++)
        {
            found[i] = reader.Read() ? reader.GetInt64(0) : null;
            reader.NextResult();
        }
        return found;
    }
}
