using System.Diagnostics;
using Amps.Ocpp.Hosting;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Storage;
using Amps.Ocpp.Storage.Postgres;
using Amps.Ocpp.Storage.Schema;
using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Tests.Support;
using Npgsql;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>When a store on PostgreSQL opens and when it refuses.</summary>
public sealed class PostgresStartTests(PostgresServer server)
{
    [Fact]
    public async Task A_server_that_is_not_there_ends_the_start_in_one_line_after_a_bounded_wait()
    {
        int nobody = MosquittoProcess.FreePort();
        await using var store = new PostgresStoreFixture(
            $"Host=127.0.0.1;Port={nobody};Database=amps;Username=amps;Password=the-secret", options => options with { StartTimeout = TimeSpan.FromSeconds(1) });
        long started = Stopwatch.GetTimestamp();

        StorageStartException refused = await Assert.ThrowsAsync<StorageStartException>(store.OpenAsync);

        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.9, 8);
        Assert.Contains($"127.0.0.1:{nobody}/amps", refused.Message, StringComparison.Ordinal);
        Assert.Contains("cannot be reached", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.DoesNotContain("the-secret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_comes_while_the_start_waits_is_used()
    {
        await using PostgresProcess process = await PostgresProcess.StartNewAsync();
        string database = await process.CreateDatabaseAsync();
        await process.StopAsync();
        await using var store = new PostgresStoreFixture(database, options => options with { StartTimeout = TimeSpan.FromSeconds(60) });

        Task opening = store.OpenAsync();
        await process.StartAsync();
        await opening;

        Assert.True(store.Health.Available);
    }

    [Fact]
    public async Task What_waiting_cannot_change_ends_the_start_at_once()
    {
        string database = await server.CreateDatabaseAsync();
        foreach ((string key, string value, string word) in new[] { ("Password", "wrong", "password"), ("Database", "nowhere", "nowhere") })
        {
            var text = new NpgsqlConnectionStringBuilder(database) { [key] = value };
            await using var store = new PostgresStoreFixture(text.ConnectionString, options => options with { StartTimeout = TimeSpan.FromMinutes(5) });

            StorageStartException refused = await Assert.ThrowsAsync<StorageStartException>(store.OpenAsync);

            Assert.Contains(word, refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(PostgresProcess.Password, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_service_that_cannot_open_its_store_ends_with_exit_code_1_and_one_line()
    {
        var text = new NpgsqlConnectionStringBuilder(await server.CreateDatabaseAsync()) { Database = "nowhere" };
        using var process = Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                typeof(AmpsService).Assembly.Location,
                $"--Kestrel:Endpoints:Api:Url=http://127.0.0.1:{MosquittoProcess.FreePort()}",
                $"--Kestrel:Endpoints:Ocpp:Url=http://127.0.0.1:{MosquittoProcess.FreePort()}",
                "--Amps:Mqtt:Mode=Off",
                .. PostgresServer.SettingsFor(text.ConnectionString).Select(setting => "--" + setting),
            ])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(1, process.ExitCode);
        string line = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("error: The database 127.0.0.1:", line, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresProcess.Password, error + await output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "D5")]
    public async Task A_newer_schema_is_refused_and_left_alone()
    {
        string database = await LiveAsync();
        await PostgresProcess.ExecuteAsync(database, "INSERT INTO schema_versions (version, applied_at) VALUES (1000, 0)");
        await using var store = new PostgresStoreFixture(database);

        Assert.Contains("1000", (await Assert.ThrowsAsync<StorageStartException>(store.OpenAsync)).Message, StringComparison.Ordinal);
        Assert.Equal(1L, await PostgresProcess.ExecuteAsync(database, "SELECT count(*) FROM customers"));
    }

    [Fact]
    [Trait("row", "D5")]
    public async Task A_database_of_another_program_is_refused_and_left_alone()
    {
        string database = await server.CreateDatabaseAsync();
        await PostgresProcess.ExecuteAsync(database, "CREATE TABLE theirs (id BIGINT)");
        await using var store = new PostgresStoreFixture(database);

        Assert.Contains("another program", (await Assert.ThrowsAsync<StorageStartException>(store.OpenAsync)).Message, StringComparison.Ordinal);
        Assert.Equal(1L, await PostgresProcess.ExecuteAsync(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"));
    }

    [Fact]
    [Trait("row", "D6")]
    public async Task A_database_that_no_released_program_left_so_is_refused_at_once_with_what_to_do()
    {
        string database = await LiveAsync();
        await PostgresProcess.ExecuteAsync(database, "ALTER TABLE actions DROP COLUMN node");
        await using var store = new PostgresStoreFixture(database, options => options with { StartTimeout = TimeSpan.FromMinutes(5) });

        string message = (await Assert.ThrowsAsync<StorageStartException>(store.OpenAsync)).Message;
        Assert.Contains("its table actions does not fit", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        await PostgresProcess.ExecuteAsync(database, "DELETE FROM schema_versions WHERE version > 1");
        Assert.Contains("script 0002 fails", (await Assert.ThrowsAsync<StorageStartException>(store.OpenAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "D6")]
    public async Task A_migration_that_ended_half_way_is_completed_by_the_next_start()
    {
        string database = await server.CreateDatabaseAsync();
        using var connections = new PostgresConnections(new StorageOptions { ConnectionString = database });
        const string First = "CREATE TABLE one (id BIGINT)";
        using (SqlSession session = connections.OpenMigration())
        {
            StorageStartException refused = Assert.Throws<StorageStartException>(() => Migrator.Run(session, [First, "CREATE TABLE two (id BIGINT); SELECT broken"], "here/amps", Sample.Noon));
            Assert.StartsWith("The database here/amps cannot be brought from schema version 1 to 2: script 0002 fails, PostgreSQL error 42703, ", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refused.Message);
            Assert.Equal(1L, session.First("SELECT MAX(version) FROM schema_versions", row => row.GetInt64(0)));
        }

        using SqlSession again = connections.OpenMigration();
        Assert.Equal((1, 2), Migrator.Run(again, [First, "CREATE TABLE two (id BIGINT)"], "here/amps", Sample.Noon));
        Assert.Equal((2, 2), Migrator.Run(again, [First, "CREATE TABLE two (id BIGINT)"], "here/amps", Sample.Noon));
    }

    [Fact]
    public async Task Nodes_that_start_together_on_an_empty_database_run_each_script_once()
    {
        string database = await server.CreateDatabaseAsync();
        PostgresStoreFixture[] nodes = [.. Enumerable.Range(0, 4).Select(_ => new PostgresStoreFixture(database))];

        await Task.WhenAll(nodes.Select(node => Task.Run(node.OpenAsync)));

        Assert.All(nodes, node => Assert.True(node.Health.Available));
        Assert.Equal((long)SchemaScripts.All.Count, await PostgresProcess.ExecuteAsync(database, "SELECT count(*) FROM schema_versions"));
        foreach (PostgresStoreFixture node in nodes)
            await node.DisposeAsync();
    }

    [Fact]
    public async Task Of_200_simultaneous_inserts_by_two_nodes_to_one_device_exactly_one_succeeds()
    {
        await using PostgresStoreFixture one = await PostgresStoreFixture.OpenNewAsync(server);
        await using var two = new PostgresStoreFixture(one.ConnectionString);
        await two.OpenAsync();

        Ocpp.Actions.InsertOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 200).Select(
            i => Task.Run(() => (i % 2 == 0 ? one : two).Actions.InsertAsync(Sample.Action("d1", i), replace: false, default))));

        Assert.Single(outcomes, outcome => outcome.Inserted);
        Assert.All(outcomes.Where(outcome => !outcome.Inserted), outcome => Assert.Single(outcome.Conflicting));
    }

    private async Task<string> LiveAsync()
    {
        await using PostgresStoreFixture store = await PostgresStoreFixture.OpenNewAsync(server);
        await store.Registry.SaveCustomerAsync(new Customer("acme", true, Sample.Noon), default);
        return store.ConnectionString;
    }
}
