using System.Data.Common;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage.Schema;

/// <summary>
/// Brings a database to the newest schema: each script and its version row are one transaction that first takes the
/// engine's write lock, so that a start killed half way is completed by the next one and two nodes cannot run a script twice.
/// </summary>
internal static class Migrator
{
    /// <summary>What an operator can do about a database that no released program left so.</summary>
    public const string Remedy = "It was changed by hand or made by a program that was never released: restore a backup, or use a new database.";

    /// <param name="session">A session that may change the schema.</param>
    /// <param name="scripts">All scripts, the oldest first.</param>
    /// <param name="place">The file or the server and database, for the operator.</param>
    /// <param name="now">Our time.</param>
    /// <returns>The version found at first and the version now.</returns>
    /// <exception cref="StorageStartException">
    /// The database belongs to a newer version or to another program, or a script fails on it: then it has the version before that script.
    /// </exception>
    public static (int From, int To) Run(SqlSession session, IReadOnlyList<string> scripts, string place, DateTimeOffset now)
    {
        int? found = null;
        while (true)
        {
            session.RunScript(session.Dialect.BeginWrite);
            try
            {
                int? stored = FindVersion(session, scripts.Count);
                if (stored is null)
                    session.RunScript("CREATE TABLE schema_versions (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)");
                int version = stored ?? 0;
                found ??= version;
                if (version == scripts.Count)
                {
                    session.RunScript("COMMIT");
                    return (found.Value, version);
                }
                RunScript(session, scripts[version], version + 1, place);
                session.Execute(
                    "INSERT INTO schema_versions (version, applied_at) VALUES (@version, @now)",
                    ("@version", version + 1L),
                    ("@now", now.ToColumn()));
                session.RunScript("COMMIT");
            }
            catch
            {
                Undo(session);
                throw;
            }
        }
    }

    /// <summary>Reads which schema a database has without changing it; null = it is new.</summary>
    /// <exception cref="StorageStartException">The database belongs to a newer version or to another program.</exception>
    public static int? FindVersion(SqlSession session, int newest)
    {
        List<string> tables = session.Query(session.Dialect.ListTables, row => row.GetString(0));
        if (tables.Count == 0)
            return null;
        if (!tables.Contains("schema_versions", StringComparer.Ordinal))
            throw new StorageStartException("The database belongs to another program: it has tables, but no schema version.");
        int version = (int)session.First("SELECT COALESCE(MAX(version), 0) FROM schema_versions", row => row.GetInt64(0));
        return version <= newest
            ? version
            : throw new StorageStartException($"The database has schema version {version}, this program knows versions up to {newest}: start the newer program.");
    }

    private static void RunScript(SqlSession session, string script, int number, string place)
    {
        try
        {
            session.RunScript(script);
        }
        catch (DbException e) when (session.Dialect.Explain(e) is { } reason)
        {
            throw new StorageStartException(
                $"The database {place} cannot be brought from schema version {number - 1} to {number}: script {number:0000} fails, {reason}. {Remedy}", e);
        }
    }

    private static void Undo(SqlSession session)
    {
        try
        {
            session.RunScript("ROLLBACK");
        }
        catch (DbException)
        {
            // The engine has already rolled back; what led here is the error to tell.
        }
    }
}
