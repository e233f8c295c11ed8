using System.Diagnostics;
using Amps.Ocpp.Actions;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Tests.Support;
using Npgsql;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>One writer per node, group commit, and what one write does to others.</summary>
public sealed class PostgresWriterTests(PostgresServer server)
{
    [Fact]
    public async Task Sixty_four_writers_share_commits()
    {
        await using PostgresStoreFixture store = await PostgresStoreFixture.OpenNewAsync(server);
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
    public async Task A_failing_write_is_undone_alone_and_its_neighbours_are_committed()
    {
        await using PostgresStoreFixture store = await PostgresStoreFixture.OpenNewAsync(server);
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
        Task<int> constrained = store.Database.WriteAsync(session => Insert(session, "before"), default);
        Task<InsertOutcome> known = store.Actions.InsertAsync(Sample.Action("d1"), replace: false, default);
        Task<InsertOutcome> conflicting = store.Actions.InsertAsync(Sample.Action("d1", 1), replace: false, default);
        Task after = AddAsync(store, "after");

        await writer.ReleaseAsync();
        await before;
        await after;

        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        Assert.Equal(PostgresErrorCodes.UniqueViolation, (await Assert.ThrowsAsync<PostgresException>(() => constrained)).SqlState);
        Assert.True((await known).Inserted);
        Assert.False((await conflicting).Inserted);
        Assert.Equal(["after", "before"], await CustomersAsync(store));
        Assert.Equal(2, commits.Count);
        Assert.True(store.Health.Available);
    }

    [Fact]
    [Trait("row", "R15")]
    public async Task A_text_with_NUL_is_stored_without_it()
    {
        await using PostgresStoreFixture store = await PostgresStoreFixture.OpenNewAsync(server);

        long id = await store.ChargePoints.OpenTransactionAsync(Sample.Start(tag: "TA\0G"), default);
        await store.ChargePoints.CloseTransactionAsync(Sample.Stop(id) with { Reason = "Lo\0cal", RawPayload = "{\"a\":\"\0\"}" }, default);
        await store.Registry.SaveCustomerAsync(new Customer("cus\0tomer", true, Sample.Noon), default);

        Assert.Equal(id, await store.ChargePoints.OpenTransactionAsync(Sample.Start(tag: "TA\0G"), default));
        Assert.Equal(["cus\uFFFDtomer"], await CustomersAsync(store));
    }

    [Fact]
    [Trait("row", "D12")]
    public async Task Two_nodes_in_a_deadlock_both_end_well()
    {
        await using PostgresStoreFixture one = await PostgresStoreFixture.OpenNewAsync(server);
        await using var two = new PostgresStoreFixture(one.ConnectionString);
        await two.OpenAsync();
        await AddAsync(one, "a");
        await AddAsync(one, "b");
        using var bothHoldOne = new Barrier(2);

        await Task.WhenAll(CrossAsync(one, "a", "b"), CrossAsync(two, "b", "a"));

        Assert.All((await one.Registry.LoadAsync(default)).Customers, customer => Assert.Equal(2, customer.CreatedAt.Ticks));

        Task<int> CrossAsync(PostgresStoreFixture store, string first, string second)
        {
            bool met = false;
            return Task.Run(() => store.Database.WriteAsync(
                session =>
                {
                    Count(session, first);
                    if (!met)
                        bothHoldOne.SignalAndWait(TimeSpan.FromSeconds(10));
                    met = true;
                    return Count(session, second);
                },
                default));
        }

        static int Count(SqlSession session, string customer) => session.Execute(
            "UPDATE customers SET created_at = CASE WHEN created_at > 2 THEN 1 ELSE created_at + 1 END WHERE id = @id", ("@id", customer));
    }

    [Theory]
    [Trait("row", "D12")]
    [InlineData(PostgresErrorCodes.SerializationFailure)]
    [InlineData(PostgresErrorCodes.DeadlockDetected)]
    public async Task A_write_that_is_always_in_the_way_of_others_is_tried_four_times_and_ends_as_unavailable(string code)
    {
        await using PostgresStoreFixture store = await PostgresStoreFixture.OpenNewAsync(server);
        int runs = 0;

        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.Database.WriteAsync(
            session =>
            {
                runs++;
                session.RunScript($"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$");
                return 0;
            },
            default));

        Assert.Equal(4, runs);
        Assert.True(store.Health.Available);
        await AddAsync(store, "later");
    }

    [Fact]
    [Trait("row", "D3")]
    public async Task A_server_without_room_refuses_writes_until_it_has_some()
    {
        await using PostgresStoreFixture store = await PostgresStoreFixture.OpenNewAsync(server, options => options with { ProbeInterval = TimeSpan.FromSeconds(1) });

        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.Database.WriteAsync(
            session =>
            {
                session.RunScript($"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{PostgresErrorCodes.DiskFull}'; END $$");
                return 0;
            },
            default));

        Assert.False(store.Health.Available);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => AddAsync(store, "refused at once"));
        Assert.Empty(await CustomersAsync(store));
        await Eventually.TrueAsync(() => store.Health.Available);
        await AddAsync(store, "later");
        Assert.Equal(["later"], await CustomersAsync(store));
    }

    [Fact]
    [Trait("row", "D11")]
    public async Task A_statement_that_takes_too_long_ends_as_unavailable_and_its_neighbours_are_committed()
    {
        await using PostgresStoreFixture store = await PostgresStoreFixture.OpenNewAsync(server, options => options with { StatementTimeout = TimeSpan.FromSeconds(1) });
        long started = Stopwatch.GetTimestamp();
        using var writer = await HeldWriter.HoldAsync(store);
        Task<int> endless = store.Database.WriteAsync(session => session.Execute("SELECT pg_sleep(60)"), default);
        Task neighbour = AddAsync(store, "neighbour");

        await writer.ReleaseAsync();

        await Assert.ThrowsAsync<StorageUnavailableException>(() => endless);
        await neighbour;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.Database.ReadAsync(session => session.Execute("SELECT pg_sleep(60)"), default));
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 5);
        Assert.True(store.Health.Available);
        Assert.Equal(["neighbour"], await CustomersAsync(store));
    }

    [Fact]
    [Trait("row", "D11")]
    public async Task Reads_beyond_the_sessions_wait_and_end_as_unavailable_in_time()
    {
        await using PostgresStoreFixture store = await PostgresStoreFixture.OpenNewAsync(
            server, options => options with { MaxReaders = 1, WriteTimeout = TimeSpan.FromSeconds(1) });
        using var release = new ManualResetEventSlim();
        Task<int> holding = store.Database.ReadAsync(
            _ =>
            {
                release.Wait();
                return 1;
            },
            default);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.Registry.LoadAsync(default));
        release.Set();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => holding);
        Assert.Empty(await CustomersAsync(store));
    }

    private static Task AddAsync(StoreFixture store, string customer) =>
        store.Registry.SaveCustomerAsync(new Customer(customer, true, Sample.Noon), default);

    private static int Insert(SqlSession session, string customer) => session.Execute(
        "INSERT INTO customers (id, live_enabled, created_at) VALUES (@id, 0, 0)", ("@id", customer));

    private static async Task<IReadOnlyList<string>> CustomersAsync(StoreFixture store) =>
        [.. (await store.Registry.LoadAsync(default)).Customers.Select(customer => customer.Id)];
}
