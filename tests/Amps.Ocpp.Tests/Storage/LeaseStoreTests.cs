using Amps.Ocpp.Actions;
using Amps.Ocpp.Nodes;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>Leases, and what belongs to whoever holds them, on either engine.</summary>
public abstract class LeaseStoreTests(StoreFixture store) : IAsyncLifetime
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(5);

    private ILeaseStore Leases => store.Leases;

    public async ValueTask InitializeAsync() => await store.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task One_holds_a_lease_until_it_runs_out_or_is_given_back()
    {
        Assert.True(await Leases.TryTakeAsync("duty", "a", s_long, default));
        Assert.False(await Leases.TryTakeAsync("duty", "b", s_long, default));
        Assert.True(await Leases.TryTakeAsync("duty", "a", TimeSpan.FromMilliseconds(1), default));
        await Support.Wait.UntilAsync(() => Leases.TryTakeAsync("duty", "b", s_long, default), "the lease has run out");
        Assert.False(await Leases.TryTakeAsync("duty", "a", s_long, default));

        await Leases.ReleaseAsync("duty", "a", default);
        Assert.False(await Leases.TryTakeAsync("duty", "a", s_long, default));
        await Leases.ReleaseAllAsync("b", default);
        Assert.True(await Leases.TryTakeAsync("duty", "a", s_long, default));
        await Leases.TakeOverAsync("duty", "c", s_long, default);
        Assert.False(await Leases.TryTakeAsync("duty", "a", s_long, default));
    }

    [Fact]
    public async Task Actions_of_lives_that_ended_are_adopted_once_and_those_of_the_living_are_left()
    {
        await Leases.TakeOverAsync("node/a", "life:a/1", s_long, default);
        await Leases.TakeOverAsync("node/b", "life:b/1", s_long, default);
        ActionRecord living = Sample.Action("d1") with { Node = "life:a/1" };
        ActionRecord dead = Sample.Action("d2") with { Node = "life:c/1", DispatchedAt = Sample.Noon };
        ActionRecord scheduled = Sample.Action("d3", state: ActionState.Scheduled) with { Start = Sample.Noon };
        foreach (ActionRecord action in new[] { living, dead, scheduled })
            Assert.True((await store.Actions.InsertAsync(action, replace: false, default)).Inserted);

        Assert.Equal([dead.Id], (await store.Actions.AdoptAsync("life:b/1", default)).Select(action => action.Id));
        Assert.Empty(await store.Actions.AdoptAsync("life:a/1", default));

        // The life that was taken for dead comes to itself: it changes nothing any more.
        Assert.False(await store.Actions.TryUpdateAsync(dead with { State = ActionState.Completed }, [ActionState.Acknowledged], default));
        Assert.True(await store.Actions.TryUpdateAsync(dead with { State = ActionState.Failed, Node = "life:b/1" }, [ActionState.Acknowledged], default));

        // The next life of a node makes the one before dead at once.
        await Leases.TakeOverAsync("node/a", "life:a/2", s_long, default);
        Assert.Equal([living.Id], (await store.Actions.AdoptAsync("life:a/2", default)).Select(action => action.Id));
        Assert.Equal([scheduled.Id], (await store.Actions.ListDueAsync(Sample.Noon.AddMinutes(1), default)).Select(action => action.Id));
    }

    [Fact]
    public async Task A_scheduled_action_fires_for_one_of_two_and_an_open_window_is_closed_by_one()
    {
        await Leases.TakeOverAsync("node/a", "life:a/1", s_long, default);
        await Leases.TakeOverAsync("node/b", "life:b/1", s_long, default);
        ActionRecord action = Sample.Action("d1", state: ActionState.Scheduled) with { Start = Sample.Noon, End = Sample.Noon.AddHours(1) };
        await store.Actions.InsertAsync(action, replace: false, default);

        bool[] fired = await Task.WhenAll(new[] { "life:a/1", "life:b/1" }.Select(life =>
            store.Actions.TryUpdateAsync(action with { State = ActionState.Acknowledged, Node = life }, [ActionState.Scheduled], default)));
        Assert.Single(fired, true);
        string owner = fired[0] ? "life:a/1" : "life:b/1";
        string other = fired[0] ? "life:b/1" : "life:a/1";

        Assert.True(await store.Actions.TryUpdateAsync(action with { State = ActionState.Completed, Node = owner }, [ActionState.Acknowledged], default));
        Assert.False(await store.Actions.TryClaimWindowAsync(action.Id, other, default));
        Assert.True(await store.Actions.TryClaimWindowAsync(action.Id, owner, default));
        await Leases.ReleaseAllAsync(owner, default);
        Assert.True(await store.Actions.TryClaimWindowAsync(action.Id, other, default));
        Assert.False(await store.Actions.TryUpdateAsync(action with { State = ActionState.Completed, Node = owner, WindowClosedAt = Sample.Noon }, [ActionState.Completed], default));
    }
}

public sealed class SqliteLeaseStoreTests() : LeaseStoreTests(new SqliteStoreFixture());

public sealed class PostgresLeaseStoreTests(Support.PostgresServer server) : LeaseStoreTests(new PostgresStoreFixture(server));
