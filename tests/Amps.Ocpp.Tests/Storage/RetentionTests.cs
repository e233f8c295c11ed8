using Amps.Ocpp.Actions;
using Amps.Ocpp.Nodes;
using Amps.Ocpp.Storage;
using Amps.Ocpp.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>What ended long ago goes, and nothing else, on either engine.</summary>
public abstract class RetentionTests(StoreFixture store) : IAsyncLifetime
{
    private static readonly RetentionOptions s_options = new() { BatchSize = 3, Pause = TimeSpan.Zero };

    public async ValueTask InitializeAsync() => await store.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Old_transactions_that_ended_go_in_small_writes_and_open_or_young_ones_stay()
    {
        long open = await store.ChargePoints.OpenTransactionAsync(Sample.Start(connector: 9), default);
        List<long> old = [];
        for (int minute = 0; minute < 8; minute++)
            old.Add(await EndedAsync(minute));
        long lateStop = await store.ChargePoints.OpenTransactionAsync(Sample.Start(connector: 8, minute: 8), default);
        await store.ChargePoints.CloseTransactionAsync(
            Sample.Stop(lateStop) with { ReceivedAt = Sample.Noon.AddDays(700) }, default);
        long young = await EndedAsync(100 * 24 * 60);

        Assert.Equal(8, await Sweeper(Sample.Noon.AddDays(731)).SweepAsync(default));

        Assert.Equal([open, lateStop, young], await IdsAsync("transactions"));
        Assert.Equal(0, await Sweeper(Sample.Noon.AddDays(731)).SweepAsync(default));
        Assert.Equal(2, await Sweeper(Sample.Noon.AddDays(5000)).SweepAsync(default));
        Assert.Equal([open], await IdsAsync("transactions"));
        Assert.DoesNotContain(await EndedAsync(5), old);
    }

    [Fact]
    public async Task Old_actions_go_but_not_those_under_way_nor_with_an_open_window_nor_the_newest_of_a_device()
    {
        List<ActionRecord> gone = [];
        for (int second = 0; second < 7; second++)
            gone.Add(await InsertAsync(Ended("d1", second)));
        ActionRecord newest = await InsertAsync(Ended("d1", 10));
        ActionRecord scheduled = await InsertAsync(Sample.Action("d2", 11, ActionState.Scheduled));
        ActionRecord window = await InsertAsync(Ended("d3", 12) with { Start = Sample.Noon, End = Sample.Noon.AddHours(1) });
        gone.Add(await InsertAsync(Ended("d3", 13) with { Start = Sample.Noon, End = Sample.Noon.AddHours(1), WindowClosedAt = Sample.Noon.AddHours(1) }));
        ActionRecord underWay = await InsertAsync(Sample.Action("d3", 14));

        Assert.Equal(gone.Count, await Sweeper(Sample.Noon.AddDays(366)).SweepAsync(default));

        foreach (ActionRecord action in gone)
            Assert.Null(await store.Actions.FindAsync(action.Id, default));
        foreach (ActionRecord action in new[] { newest, scheduled, window, underWay })
            Assert.NotNull(await store.Actions.FindAsync(action.Id, default));
    }

    [Fact]
    public async Task Stops_that_nobody_could_believe_go_with_the_transactions_of_their_time()
    {
        for (int id = 1; id < 6; id++)
            await store.ChargePoints.CloseTransactionAsync(Sample.Stop(900 + id, minute: id), default);
        await store.ChargePoints.CloseTransactionAsync(Sample.Stop(999, minute: 100 * 24 * 60), default);

        Assert.Equal(5, await Sweeper(Sample.Noon.AddDays(731)).SweepAsync(default));

        Assert.Single(await IdsAsync("quarantined_stops"));
    }

    [Fact]
    public async Task What_is_kept_for_ever_is_kept()
    {
        await EndedAsync(0);
        await InsertAsync(Ended("d1", 0));
        await InsertAsync(Ended("d1", 1));
        var forever = new RetentionOptions { Actions = null, Transactions = null };

        Assert.Equal(0, await Sweeper(Sample.Noon.AddDays(36_500), forever).SweepAsync(default));

        Assert.Single(await IdsAsync("transactions"));
    }

    [Fact]
    public async Task Of_several_nodes_one_sweeps()
    {
        await EndedAsync(0);
        await store.Leases.TakeOverAsync("duty/retention", "life:other", TimeSpan.FromMinutes(5), default);

        Assert.Equal(0, await Sweeper(Sample.Noon.AddDays(731), shared: true).SweepAsync(default));
        await store.Leases.ReleaseAllAsync("life:other", default);
        Assert.Equal(1, await Sweeper(Sample.Noon.AddDays(731), shared: true).SweepAsync(default));
    }

    [Fact]
    public async Task It_is_looked_for_some_time_after_the_start_and_then_again_and_again()
    {
        var clock = new ManualTimeProvider(Sample.Noon.AddDays(731));
        using RetentionSweeper sweeper = Sweeper(clock, s_options, shared: false);
        await EndedAsync(0);
        await sweeper.StartAsync(default);
        await Wait.UntilAsync(() => clock.ActiveTimers == 1, "the sweeper waits");
        Assert.Single(await IdsAsync("transactions"));

        foreach (TimeSpan pause in new[] { s_options.FirstAfter, s_options.Interval })
        {
            clock.Advance(pause);
            await Wait.UntilAsync(async () => (await IdsAsync("transactions")).Count == 0, "it is gone");
            await Wait.UntilAsync(() => clock.ActiveTimers == 1, "the sweeper waits again");
            await EndedAsync(1);
        }
        await sweeper.StopAsync(default);
    }

    private static ActionRecord Ended(string device, int second) => Sample.Action(device, second, ActionState.Completed) with { CompletedAt = Sample.Noon.AddSeconds(second) };

    private async Task<ActionRecord> InsertAsync(ActionRecord action)
    {
        Assert.True((await store.Actions.InsertAsync(action, replace: false, default)).Inserted);
        return action;
    }

    private async Task<long> EndedAsync(int minute)
    {
        long id = await store.ChargePoints.OpenTransactionAsync(Sample.Start(minute: minute), default);
        await store.ChargePoints.CloseTransactionAsync(Sample.Stop(id, minute: minute + 60), default);
        return id;
    }

    private RetentionSweeper Sweeper(DateTimeOffset now, RetentionOptions? options = null, bool shared = false) =>
        Sweeper(new ManualTimeProvider(now), options ?? s_options, shared);

    private RetentionSweeper Sweeper(TimeProvider time, RetentionOptions options, bool shared)
    {
        var nodes = new NodesOptions { Shared = shared };
        var leases = new LeaseKeeper(store.Leases, new NodeLife(nodes), nodes, time, NullLogger<LeaseKeeper>.Instance);
        return new RetentionSweeper(store.Database, options, leases, store.Metrics, time, NullLogger<RetentionSweeper>.Instance);
    }

    private Task<List<long>> IdsAsync(string table) =>
        store.Database.ReadAsync(session => session.Query($"SELECT id FROM {table} ORDER BY id", row => row.GetInt64(0)), default);
}

public sealed class SqliteRetentionTests() : RetentionTests(new SqliteStoreFixture());

public sealed class PostgresRetentionTests(PostgresServer server) : RetentionTests(new PostgresStoreFixture(server));
