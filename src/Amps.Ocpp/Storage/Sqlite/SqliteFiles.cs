namespace Amps.Ocpp.Storage.Sqlite;

/// <summary>
/// The files of one data directory, held for this process. The hold is a lock of the operating system on a file beside the
/// database, so it ends with the process however that ends. The same file carries the mark that a database was made here:
/// with it, a database that is missing or empty is a loss and never silently made anew.
/// </summary>
internal sealed class SqliteFiles : IDisposable
{
    private static ReadOnlySpan<byte> Magic => "SQLite format 3\0"u8;

    private readonly FileStream _lock;

    private SqliteFiles(string directory, FileStream held)
    {
        _lock = held;
        Database = Path.Combine(directory, "amps.db");
    }

    /// <summary>Path of the database.</summary>
    public string Database { get; }

    /// <summary>No database was there, and no sign of one.</summary>
    public bool IsNew { get; private set; }

    private string Log => Database + "-wal";

    /// <summary>Bytes of the write-ahead log.</summary>
    public long LogBytes => LengthOf(Log);

    /// <summary>Takes the directory and judges what lies in it, without changing the database.</summary>
    /// <exception cref="StorageStartException">In use by another process, not accessible, or its database is missing or no database.</exception>
    public static SqliteFiles Take(string directory)
    {
        string full = Path.GetFullPath(directory);
        var files = new SqliteFiles(full, Lock(full));
        try
        {
            files.Judge();
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Notes, durably, that a database lives here.</summary>
    public void Mark()
    {
        if (_lock.Length > 0)
            return;
        _lock.Write("amps\n"u8);
        _lock.Flush(flushToDisk: true);
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream Lock(string directory)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(directory);
            else
                Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageStartException($"The data directory {directory} cannot be made: {e.Message}", e);
        }
        try
        {
            return new FileStream(Path.Combine(directory, "amps.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StorageStartException($"The data directory {directory} cannot be written: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new StorageStartException($"The data directory {directory} is in use by another process.", e);
        }
    }

    private void Judge()
    {
        long length = LengthOf(Database);
        if (length <= 0)
        {
            string state = length < 0 ? "missing" : "empty";
            if (_lock.Length > 0 || LengthOf(Log) > 0)
                throw new StorageStartException($"The database {Database} is {state}, but there was one: restore it, or use a new data directory.");
            IsNew = true;
            return;
        }
        // Read before the engine opens the file: closing any handle of it later would drop the engine's own locks on it.
        Span<byte> header = stackalloc byte[Magic.Length];
        int read;
        try
        {
            using FileStream file = new(Database, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            read = file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageStartException($"The database {Database} cannot be read: {e.Message}", e);
        }
        if (!header[..read].SequenceEqual(Magic))
            throw new StorageStartException($"The file {Database} is not a database or is damaged: restore it.");
    }

    private static long LengthOf(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? file.Length : -1;
    }
}
