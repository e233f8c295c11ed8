using System.Security.Cryptography;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Storage;
using Amps.Ocpp.Storage.Schema;
using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>What the store finds in its directory at a start, and what it makes of it.</summary>
public sealed class SqliteStartTests : IAsyncDisposable
{
    private readonly SqliteStoreFixture _store = new();

    private string DatabaseFile => _store.DatabaseFile;

    public async ValueTask DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task A_new_directory_gets_a_database_and_a_later_start_finds_it()
    {
        await using var store = new SqliteStoreFixture(Path.Combine(_store.DataDirectory, "a", "b"));
        await store.OpenAsync();
        Assert.True(store.Health.Available);
        Assert.Null(store.Health.Reason);
        await store.Registry.SaveCustomerAsync(new Customer("acme", true, Sample.Noon), default);

        await store.ReopenAsync();

        Assert.Single((await store.Registry.LoadAsync(default)).Customers);
    }

    [Fact]
    public async Task A_clean_stop_leaves_everything_in_the_database_file()
    {
        await LiveAsync();

        Assert.False(File.Exists(DatabaseFile + "-wal"));
        Assert.True(new FileInfo(DatabaseFile).Length > 0);
    }

    [Fact]
    [Trait("row", "D9")]
    public async Task A_second_opener_is_refused_with_one_line_and_the_first_goes_on()
    {
        await _store.OpenAsync();
        await using var second = new SqliteStoreFixture(_store.DataDirectory);

        StorageStartException refused = await Assert.ThrowsAsync<StorageStartException>(second.OpenAsync);

        Assert.Contains("in use by another process", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        await _store.Registry.SaveCustomerAsync(new Customer("acme", true, Sample.Noon), default);
        await second.CloseAsync();
        await _store.CloseAsync();
        await second.OpenAsync();
        Assert.Single((await second.Registry.LoadAsync(default)).Customers);
    }

    [Fact]
    [Trait("row", "D5")]
    public async Task A_missing_database_that_was_there_is_not_made_anew()
    {
        await LiveAsync();
        File.Delete(DatabaseFile);

        await AssertRefusedAsync("missing");

        Assert.False(File.Exists(DatabaseFile));
    }

    [Fact]
    [Trait("row", "D5")]
    public async Task A_missing_database_whose_log_is_there_is_not_made_anew()
    {
        await File.WriteAllBytesAsync(DatabaseFile + "-wal", new byte[100]);

        await AssertRefusedAsync("missing");

        Assert.False(File.Exists(DatabaseFile));
        Assert.Equal(100, new FileInfo(DatabaseFile + "-wal").Length);
    }

    [Fact]
    [Trait("row", "D5")]
    public async Task An_empty_file_without_an_earlier_life_is_taken_as_new()
    {
        await File.WriteAllBytesAsync(DatabaseFile, []);

        await _store.OpenAsync();

        Assert.Empty((await _store.Registry.LoadAsync(default)).Customers);
    }

    [Fact]
    [Trait("row", "D5")]
    public async Task A_database_that_became_empty_is_refused()
    {
        await LiveAsync();
        await File.WriteAllBytesAsync(DatabaseFile, []);

        await AssertRefusedAsync("empty");

        Assert.Equal(0, new FileInfo(DatabaseFile).Length);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(1000)]
    [InlineData(5000)]
    [InlineData(40960)]
    [Trait("row", "D5")]
    public async Task A_truncated_database_is_refused_and_left_as_it_is(int length)
    {
        await LiveAsync();
        byte[] truncated = (await File.ReadAllBytesAsync(DatabaseFile))[..length];
        await File.WriteAllBytesAsync(DatabaseFile, truncated);

        await AssertRefusedAsync();

        Assert.Equal(truncated, await File.ReadAllBytesAsync(DatabaseFile));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [Trait("row", "D5")]
    public async Task Random_bytes_are_refused_and_left_as_they_are(int intact)
    {
        await LiveAsync();
        byte[] bytes = await File.ReadAllBytesAsync(DatabaseFile);
        RandomNumberGenerator.Fill(bytes.AsSpan(intact));
        await File.WriteAllBytesAsync(DatabaseFile, bytes);

        await AssertRefusedAsync();

        Assert.Equal(bytes, await File.ReadAllBytesAsync(DatabaseFile));
    }

    [Fact]
    [Trait("row", "D5")]
    [Trait("row", "D21")]
    public async Task A_database_of_a_newer_version_is_refused_and_left_as_it_is()
    {
        await LiveAsync();
        Run("INSERT INTO schema_versions (version, applied_at) VALUES (999, 0)");
        byte[] before = await File.ReadAllBytesAsync(DatabaseFile);

        await AssertRefusedAsync("version 999");

        Assert.Equal(before, await File.ReadAllBytesAsync(DatabaseFile));
    }

    [Fact]
    [Trait("row", "D5")]
    public async Task A_database_of_another_program_is_refused_and_left_as_it_is()
    {
        Run("CREATE TABLE theirs (id BIGINT)");
        byte[] before = await File.ReadAllBytesAsync(DatabaseFile);

        await AssertRefusedAsync("another program");

        Assert.Equal(before, await File.ReadAllBytesAsync(DatabaseFile));
    }

    [Fact]
    [Trait("row", "D6")]
    public void A_script_that_breaks_leaves_nothing_behind_and_the_next_start_completes()
    {
        SqliteNative.Initialize();
        var connections = new SqliteConnections(DatabaseFile, TimeSpan.FromSeconds(1), maxLogBytes: 1 << 20);
        const string first = "CREATE TABLE one (id BIGINT)";
        using (SqlSession session = connections.OpenWriter())
        {
            StorageStartException refused = Assert.Throws<StorageStartException>(() => Migrator.Run(session, [first, "CREATE TABLE two (id BIGINT); BROKEN;"], DatabaseFile, Sample.Noon));
            Assert.StartsWith($"The database {DatabaseFile} cannot be brought from schema version 1 to 2: script 0002 fails, SQLite Error 1: 'near \"BROKEN\": syntax error'. ", refused.Message, StringComparison.Ordinal);
            Assert.Equal(["schema_versions", "one"], session.Query(SqlDialect.Sqlite.ListTables, row => row.GetString(0)));
        }

        using SqlSession again = connections.OpenWriter();
        Assert.Equal((1, 2), Migrator.Run(again, [first, "CREATE TABLE two (id BIGINT)"], DatabaseFile, Sample.Noon));
        Assert.Equal((2, 2), Migrator.Run(again, [first, "CREATE TABLE two (id BIGINT)"], DatabaseFile, Sample.Noon));
    }

    [Theory]
    [Trait("row", "D6")]
    [InlineData("DELETE FROM schema_versions WHERE version > 1", "from schema version 1 to 2: script 0002 fails")]
    [InlineData("DELETE FROM schema_versions", "from schema version 0 to 1: script 0001 fails")]
    [InlineData("ALTER TABLE actions DROP COLUMN node", "its table actions does not fit")]
    [InlineData("DROP TABLE registry_changes", "its table registry_changes does not fit")]
    public async Task A_database_that_no_released_program_left_so_is_refused_with_what_to_do(string change, string word)
    {
        await LiveAsync();
        Run(change);

        await AssertRefusedAsync(word);
        await AssertRefusedAsync(DatabaseFile);
        await AssertRefusedAsync("restore a backup, or use a new database.");
    }

    [Fact]
    public async Task Every_table_and_column_of_the_schema_is_looked_at()
    {
        await _store.OpenAsync();
        IReadOnlyDictionary<string, List<string>> expected = SchemaCheck.ColumnsOf(SchemaScripts.All);
        List<string> tables = await _store.Database.ReadAsync(session => session.Query(SqlDialect.Sqlite.ListTables, row => row.GetString(0)), default);
        Assert.Equal(tables.Where(table => table != "schema_versions").Order(StringComparer.Ordinal), expected.Keys.Order(StringComparer.Ordinal));
        foreach (string table in expected.Keys)
        {
            Assert.Equal(
                await _store.Database.ReadAsync(session => session.Query($"SELECT name FROM pragma_table_info('{table}')", row => row.GetString(0)), default),
                expected[table]);
        }
    }

    private async Task LiveAsync()
    {
        await _store.OpenAsync();
        await _store.Registry.SaveCustomerAsync(new Customer("acme", true, Sample.Noon), default);
        await _store.CloseAsync();
    }

    private async Task AssertRefusedAsync(string word = "database")
    {
        StorageStartException refused = await Assert.ThrowsAsync<StorageStartException>(_store.OpenAsync);
        Assert.Contains(word, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.False(_store.Health.Available);
        await _store.CloseAsync();
    }

    private void Run(string text)
    {
        SqliteNative.Initialize();
        using var connection = new SqliteConnection($"Data Source={DatabaseFile};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
}
