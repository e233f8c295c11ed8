using Amps.Ocpp.Actions;
using Amps.Ocpp.Model;
using Amps.Ocpp.Tests.Support;
using Npgsql;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>Commits whose connection was lost: what is acknowledged is there once, what is refused is not (faults D10).</summary>
[Trait("row", "D10")]
public sealed class PostgresCommitTests(PostgresServer server)
{
    [Fact]
    public async Task A_commit_whose_answer_was_lost_is_found_and_not_made_again()
    {
        await using House house = await House.OpenAsync(server);
        int runs = 0;

        Task<int> write = house.Store.Database.WriteAsync(
            session =>
            {
                runs++;
                session.Execute("INSERT INTO customers (id, live_enabled, created_at) VALUES ('once', 0, 0)");
                house.Cable.LoseAnswers();
                return 7;
            },
            default);
        await Wait.UntilAsync(async () => await house.CountAsync("customers") == 1, "the server has committed");
        house.Cable.Reset();

        Assert.Equal(7, await write);
        Assert.Equal(1, runs);
        Assert.Equal(1, await house.CountAsync("customers"));
        Assert.True(house.Store.Health.Available);
    }

    [Fact]
    public async Task A_commit_that_never_arrived_is_made_on_a_new_session()
    {
        await using House house = await House.OpenAsync(server);
        int runs = 0;
        var ran = new TaskCompletionSource();

        Task<int> write = house.Store.Database.WriteAsync(
            session =>
            {
                session.Execute("INSERT INTO customers (id, live_enabled, created_at) VALUES ('once', 0, 0)");
                if (++runs == 1)
                {
                    house.Cable.LoseRequests();
                    // The commit is sent when this function has returned.
                    _ = Task.Delay(200).ContinueWith(_ => ran.SetResult(), TaskScheduler.Default);
                }
                return 7;
            },
            default);
        await ran.Task;
        house.Cable.Reset();

        Assert.Equal(7, await write);
        Assert.Equal(2, runs);
        Assert.Equal(1, await house.CountAsync("customers"));
    }

    [Fact]
    public async Task A_push_that_was_committed_while_its_caller_was_refused_is_taken_back()
    {
        await using House house = await House.OpenAsync(server);
        ActionRecord action = Sample.Action("d1");
        using (HeldWriter writer = await HeldWriter.HoldAsync(house.Store))
        {
            Task<InsertOutcome> insert = house.Store.Actions.InsertAsync(action, replace: false, default);
            Task<int> last = house.Store.Database.WriteAsync(
                _ =>
                {
                    house.Cable.LoseAnswers();
                    return 0;
                },
                default);
            await writer.ReleaseAsync();
            await Wait.UntilAsync(async () => await house.CountAsync("actions") == 1, "the server has committed");
            house.Cable.Cut();

            await Assert.ThrowsAsync<StorageUnavailableException>(() => insert);
            await Assert.ThrowsAsync<StorageUnavailableException>(() => last);
        }
        Assert.False(house.Store.Health.Available);
        house.Cable.Mend();

        await Eventually.TrueAsync(() => house.Store.Health.Available);
        Assert.Equal(0, await house.CountAsync("actions"));
        Assert.True((await house.Store.Actions.InsertAsync(Sample.Action("d1", 1), replace: false, default)).Inserted);
    }

    [Fact]
    public async Task Sessions_ended_under_load_lose_nothing_acknowledged_and_leave_nothing_refused()
    {
        await using House house = await House.OpenAsync(server);
        using var stop = new CancellationTokenSource();
        Task<(List<ActionId> Stored, List<ActionId> Refused)>[] writers = [.. Enumerable.Range(0, 16).Select(writer => Task.Run(() => PushAsync(house.Store, writer, stop.Token)))];

        for (int i = 0; i < 20; i++)
        {
            await PostgresProcess.ExecuteAsync(
                house.Direct, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
            await Task.Delay(50);
        }
        await stop.CancelAsync();
        (List<ActionId> Stored, List<ActionId> Refused)[] all = await Task.WhenAll(writers);

        ActionId[] stored = [.. all.SelectMany(one => one.Stored)];
        Assert.NotEmpty(stored);
        await Wait.UntilAsync(async () => await house.CountAsync("actions") == stored.Length, "exactly the acknowledged actions are there");
        foreach (ActionId id in stored)
            Assert.NotNull(await house.Store.Actions.FindAsync(id, default));
    }

    [Fact]
    [Trait("row", "D1")]
    public async Task A_server_that_crashes_under_load_loses_nothing_acknowledged_and_leaves_nothing_refused()
    {
        await using PostgresProcess process = await PostgresProcess.StartNewAsync();
        string database = await process.CreateDatabaseAsync();
        await using var store = new PostgresStoreFixture(database);
        await store.OpenAsync();
        using var stop = new CancellationTokenSource();
        Task<(List<ActionId> Stored, List<ActionId> Refused)>[] writers = [.. Enumerable.Range(0, 16).Select(writer => Task.Run(() => PushAsync(store, writer, stop.Token)))];

        for (int i = 0; i < 3; i++)
        {
            await Task.Delay(200);
            await process.CrashAsync();
            await process.StartAsync();
            await Eventually.TrueAsync(() => store.Health.Available);
        }
        await stop.CancelAsync();
        (List<ActionId> Stored, List<ActionId> Refused)[] all = await Task.WhenAll(writers);

        ActionId[] stored = [.. all.SelectMany(one => one.Stored)];
        Assert.NotEmpty(stored);
        Assert.Contains(all, one => one.Refused.Count > 0);
        await Wait.UntilAsync(
            async () => (long)(await PostgresProcess.ExecuteAsync(database, "SELECT count(*) FROM actions"))! == stored.Length,
            "exactly the acknowledged actions are there");
        foreach (ActionId id in stored)
            Assert.NotNull(await store.Actions.FindAsync(id, default));
    }

    private static async Task<(List<ActionId> Stored, List<ActionId> Refused)> PushAsync(StoreFixture store, int writer, CancellationToken stop)
    {
        List<ActionId> stored = [], refused = [];
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            ActionRecord action = Sample.Action($"d-{writer}-{i}", i);
            try
            {
                Assert.True((await store.Actions.InsertAsync(action, replace: false, default)).Inserted);
                stored.Add(action.Id);
            }
            catch (StorageUnavailableException)
            {
                refused.Add(action.Id);
                await Task.Delay(10, CancellationToken.None);
            }
        }
        return (stored, refused);
    }

    /// <summary>A store that reaches its server by a cable that can be torn.</summary>
    private sealed record House(PostgresStoreFixture Store, CableCutter Cable, string Direct) : IAsyncDisposable
    {
        public static async Task<House> OpenAsync(PostgresServer server)
        {
            string direct = await server.CreateDatabaseAsync();
            var text = new NpgsqlConnectionStringBuilder(direct);
            var cable = new CableCutter(text.Port);
            text.Port = cable.Port;
            var store = new PostgresStoreFixture(text.ConnectionString);
            await store.OpenAsync();
            return new House(store, cable, direct);
        }

        public async Task<long> CountAsync(string table) => (long)(await PostgresProcess.ExecuteAsync(Direct, $"SELECT count(*) FROM {table}"))!;

        public async ValueTask DisposeAsync()
        {
            await Store.DisposeAsync();
            await Cable.DisposeAsync();
        }
    }
}
