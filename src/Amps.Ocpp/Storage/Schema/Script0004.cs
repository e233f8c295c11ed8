namespace Amps.Ocpp.Storage.Schema;

/// <summary>
/// One row per writer, with the number of its last batch: written in the batch's own transaction, it tells afterwards
/// whether a commit whose answer was lost took place.
/// </summary>
internal static class Script0004
{
    public const string Text = """
        CREATE TABLE commit_marks (
            writer TEXT PRIMARY KEY,
            batch BIGINT NOT NULL,
            written_at BIGINT NOT NULL);
        """;
}
