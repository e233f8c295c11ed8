using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Storage.Sql;
using Microsoft.Data.Sqlite;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>One writer, group commit, and what a failing write does to others.</summary>
public sealed class SqliteWriterTests
{
    private const int IoError = 10;

    [Fact]
    public async Task Sixty_four_writers_share_commits()
    {
        await using SqliteStoreFixture store = await SqliteStoreFixture.OpenNewAsync();
        using var commits = new Commits(store);

        await Task.WhenAll(Enumerable.Range(0, 64).Select(writer => Task.Run(async () =>
        {
            for (int i = 0; i < 20; i++)
                await AddAsync(store, $"c{writer}-{i}");
        })));

        Assert.Equal(64 * 20, commits.Writes);
        Assert.InRange(commits.Count, 1, 64 * 20 / 4);
        Assert.Equal(64 * 20, (await store.Registry.LoadAsync(default)).Customers.Count);
    }

    [Fact]
    public async Task A_lone_writer_commits_each_write_before_its_call_returns()
    {
        await using SqliteStoreFixture store = await SqliteStoreFixture.OpenNewAsync();
        using var commits = new Commits(store);

        for (int i = 0; i < 10; i++)
            await AddAsync(store, $"c{i}");

        Assert.Equal(10, commits.Count);
        Assert.Equal(10, commits.Writes);
    }

    [Fact]
    public async Task Writes_that_wait_for_a_commit_become_the_next_one_together()
    {
        await using SqliteStoreFixture store = await SqliteStoreFixture.OpenNewAsync();
        using var commits = new Commits(store);
        using var writer = await HeldWriter.HoldAsync(store);
        Task[] waiting = [.. Enumerable.Range(0, 30).Select(i => AddAsync(store, $"c{i}"))];

        await writer.ReleaseAsync();
        await Task.WhenAll(waiting);

        Assert.Equal(2, commits.Count);
        Assert.Equal(31, commits.Writes);
    }

    [Fact]
    public async Task A_failing_write_is_undone_alone_and_its_neighbours_are_committed()
    {
        await using SqliteStoreFixture store = await SqliteStoreFixture.OpenNewAsync();
        using var commits = new Commits(store);
        using var writer = await HeldWriter.HoldAsync(store);
        Task before = AddAsync(store, "before");
        Task<int> failing = store.Database.WriteAsync<int>(
            session =>
            {
                Insert(session, "undone");
                throw new InvalidOperationException("It fails.");
            },
            default);
        Task<int> constrained = store.Database.WriteAsync(
            session => session.Execute("INSERT INTO customers (id, live_enabled, created_at) VALUES ('before', 0, 0)"), default);
        Task after = AddAsync(store, "after");

        await writer.ReleaseAsync();
        await before;
        await after;

        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        await Assert.ThrowsAsync<SqliteException>(() => constrained);
        Assert.Equal(["after", "before"], await CustomersAsync(store));
        Assert.Equal(2, commits.Count);
        Assert.True(store.Health.Available);
    }

    [Fact]
    public async Task A_failing_write_that_is_alone_leaves_the_writer_usable()
    {
        await using SqliteStoreFixture store = await SqliteStoreFixture.OpenNewAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => store.Database.WriteAsync<int>(
            session =>
            {
                Insert(session, "undone");
                throw new InvalidOperationException("It fails.");
            },
            default));
        await AddAsync(store, "after");

        Assert.Equal(["after"], await CustomersAsync(store));
    }

    [Fact]
    [Trait("row", "D4")]
    [Trait("row", "A16")]
    public async Task An_error_of_the_disk_ends_the_whole_batch_and_the_connection_until_a_probe_succeeds()
    {
        await using SqliteStoreFixture store = await SqliteStoreFixture.OpenNewAsync();
        await store.Database.WriteAsync(session => session.Execute("CREATE TEMP TABLE of_this_connection (id BIGINT)"), default);
        using var writer = await HeldWriter.HoldAsync(store);
        Task before = AddAsync(store, "before");
        Task failing = store.Database.WriteAsync<int>(_ => throw new SqliteException("disk I/O error", IoError), default);
        Task after = AddAsync(store, "after");

        await writer.ReleaseAsync();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => before);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => failing);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => after);
        await RecoveredAsync(store);

        Assert.Empty(await CustomersAsync(store));
        Assert.Equal(0, await store.Database.WriteAsync(
            session => session.First("SELECT COUNT(*) FROM sqlite_temp_master", row => row.GetInt64(0)), default));
        await AddAsync(store, "later");
        Assert.Equal(["later"], await CustomersAsync(store));
    }

    [Fact]
    [Trait("row", "D3")]
    [Trait("row", "A16")]
    public async Task A_full_disk_refuses_writes_serves_reads_loses_nothing_and_recovers()
    {
        await using SqliteStoreFixture store = await SqliteStoreFixture.OpenNewAsync(
            options => options with { ProbeInterval = TimeSpan.FromSeconds(1) });
        // The limit belongs to the connection, so it is gone as soon as the writer opens another one: space is back.
        await store.Database.WriteAsync(
            session => session.First(
                $"PRAGMA max_page_count = {session.First("PRAGMA page_count", row => row.GetInt64(0)) + 8}", row => row.GetInt64(0)),
            default);
        var acknowledged = new List<string>();
        string padding = new('x', 2000);

        StorageUnavailableException refused = await Assert.ThrowsAsync<StorageUnavailableException>(async () =>
        {
            for (int i = 0; i < 1000; i++)
            {
                await AddAsync(store, $"c{i}-{padding}");
                acknowledged.Add($"c{i}-{padding}");
            }
        });
        StorageUnavailableException next = await Assert.ThrowsAsync<StorageUnavailableException>(() => AddAsync(store, "next"));

        Assert.Contains("full", refused.Message, StringComparison.Ordinal);
        Assert.Contains("full", next.Message, StringComparison.Ordinal);
        Assert.False(store.Health.Available);
        Assert.Contains("full", store.Health.Reason, StringComparison.Ordinal);
        Assert.NotEmpty(acknowledged);
        Assert.Equal(acknowledged.Order(StringComparer.Ordinal), await CustomersAsync(store));
        await RecoveredAsync(store);
        await AddAsync(store, "later");
        Assert.Equal(acknowledged.Append("later").Order(StringComparer.Ordinal), await CustomersAsync(store));
    }

    [Fact]
    [Trait("row", "D8")]
    public async Task A_database_held_by_another_process_becomes_unavailable_and_comes_back()
    {
        await using SqliteStoreFixture store = await SqliteStoreFixture.OpenNewAsync(
            options => options with { BusyTimeout = TimeSpan.FromMilliseconds(50) });
        using (var other = new SqliteConnection($"Data Source={store.DatabaseFile};Pooling=False"))
        {
            other.Open();
            Run(other, "BEGIN IMMEDIATE");
            StorageUnavailableException refused = await Assert.ThrowsAsync<StorageUnavailableException>(() => AddAsync(store, "early"));
            Assert.Contains("another process", refused.Message, StringComparison.Ordinal);
            Assert.Empty(await CustomersAsync(store));
            Run(other, "ROLLBACK");
        }

        await RecoveredAsync(store);
        await AddAsync(store, "later");
        Assert.Equal(["later"], await CustomersAsync(store));
    }

    [Fact]
    [Trait("row", "D11")]
    public async Task A_write_that_waits_too_long_is_given_up_and_never_runs()
    {
        await using SqliteStoreFixture store = await SqliteStoreFixture.OpenNewAsync(
            options => options with { WriteTimeout = TimeSpan.FromMilliseconds(100) });
        using var writer = await HeldWriter.HoldAsync(store);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => AddAsync(store, "given up"));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => AddAsync(store, "refused at once"));
        Assert.False(store.Health.Available);
        await writer.ReleaseAsync();
        await RecoveredAsync(store);
        await AddAsync(store, "later");

        Assert.Equal(["later"], await CustomersAsync(store));
    }

    [Fact]
    public async Task A_write_beyond_the_queue_is_refused_at_once_and_the_waiting_ones_are_not()
    {
        await using SqliteStoreFixture store = await SqliteStoreFixture.OpenNewAsync(options => options with { MaxWaitingWrites = 2 });
        using var writer = await HeldWriter.HoldAsync(store);
        Task[] waiting = [AddAsync(store, "a"), AddAsync(store, "b")];

        await Assert.ThrowsAsync<StorageUnavailableException>(() => AddAsync(store, "c"));
        await writer.ReleaseAsync();
        await Task.WhenAll(waiting);

        Assert.Equal(["a", "b"], await CustomersAsync(store));
        Assert.True(store.Health.Available);
    }

    [Fact]
    public async Task A_cancelled_write_that_still_waits_never_runs()
    {
        await using SqliteStoreFixture store = await SqliteStoreFixture.OpenNewAsync();
        using var writer = await HeldWriter.HoldAsync(store);
        using var cancellation = new CancellationTokenSource();
        Task cancelled = store.Registry.SaveCustomerAsync(new Customer("cancelled", true, Sample.Noon), cancellation.Token);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await writer.ReleaseAsync();
        await AddAsync(store, "later");

        Assert.Equal(["later"], await CustomersAsync(store));
    }

    [Fact]
    public async Task Waiting_writes_are_committed_when_the_store_closes_and_later_ones_are_refused()
    {
        await using SqliteStoreFixture store = await SqliteStoreFixture.OpenNewAsync();
        IRegistryStore registry = store.Registry;
        HeldWriter writer = await HeldWriter.HoldAsync(store);
        Task[] waiting = [.. Enumerable.Range(0, 10).Select(i => AddAsync(store, $"c{i}"))];

        Task closing = store.CloseAsync();
        await writer.ReleaseAsync();
        await closing;
        await Task.WhenAll(waiting);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => registry.SaveCustomerAsync(new Customer("late", true, Sample.Noon), default));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => registry.LoadAsync(default));
        await store.OpenAsync();
        Assert.Equal(10, (await CustomersAsync(store)).Count);
        writer.Dispose();
    }

    private static Task AddAsync(SqliteStoreFixture store, string customer) =>
        store.Registry.SaveCustomerAsync(new Customer(customer, true, Sample.Noon), default);

    private static void Insert(SqlSession session, string customer) => session.Execute(
        "INSERT INTO customers (id, live_enabled, created_at) VALUES (@id, 0, 0)", ("@id", customer));

    private static async Task<IReadOnlyList<string>> CustomersAsync(SqliteStoreFixture store) =>
        [.. (await store.Registry.LoadAsync(default)).Customers.Select(customer => customer.Id)];

    private static void Run(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    private static Task RecoveredAsync(SqliteStoreFixture store) => Eventually.TrueAsync(() => store.Health.Available);
}
