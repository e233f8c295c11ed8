using Amps.Ocpp.Actions;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>What every engine's action store does.</summary>
public abstract class ActionStoreTests(StoreFixture store) : IAsyncLifetime
{
    private IActionStore Actions => store.Actions;

    public async ValueTask InitializeAsync() => await store.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task An_action_comes_back_as_it_was_stored()
    {
        ActionRecord action = Sample.Action("d1") with
        {
            State = ActionState.Scheduled,
            Result = new ActionResult { Success = true, Message = "It charges.", ConfirmedBy = "StartTransaction", TransactionId = "7", SessionHeld = false },
            ErrorCode = ErrorCodes.ChargerTimeout,
            ErrorMessage = "No answer.",
            AcknowledgedAt = Sample.Noon.AddTicks(1),
            DispatchedAt = Sample.Noon.AddTicks(2),
            CompletedAt = Sample.Noon.AddTicks(3),
            Start = Sample.Noon.AddHours(1),
            End = Sample.Noon.AddHours(2),
            Environment = ApiEnvironment.Sandbox,
            Command = ChargerCommand.Idle,
        };

        InsertOutcome outcome = await Actions.InsertAsync(action, replace: false, default);
        await store.ReopenAsync();

        Assert.True(outcome.Inserted);
        ActionRecord? found = await Actions.FindAsync(action.Id, default);
        Assert.Equal(action, found);
        Assert.Equal("Rdam 123", found!.ChargePoint.Value);
    }

    [Fact]
    public async Task An_unknown_action_is_not_found() =>
        Assert.Null(await Actions.FindAsync(new ActionId("act_none"), default));

    [Fact]
    public async Task A_second_unfinished_action_of_a_device_is_refused_and_names_the_first()
    {
        ActionRecord first = Sample.Action("d1", state: ActionState.Scheduled);
        ActionRecord second = Sample.Action("d1", 1);
        await Actions.InsertAsync(first, replace: false, default);

        InsertOutcome outcome = await Actions.InsertAsync(second, replace: false, default);

        Assert.False(outcome.Inserted);
        Assert.Equal([first.Id], outcome.Conflicting);
        Assert.Empty(outcome.Replaced);
        Assert.Null(await Actions.FindAsync(second.Id, default));
        Assert.True((await Actions.InsertAsync(Sample.Action("d2"), replace: false, default)).Inserted);
    }

    [Fact]
    public async Task A_replacing_insert_cancels_the_one_in_the_way_in_the_same_step()
    {
        ActionRecord first = Sample.Action("d1");
        ActionRecord second = Sample.Action("d1", 5);
        await Actions.InsertAsync(first, replace: false, default);

        InsertOutcome outcome = await Actions.InsertAsync(second, replace: true, default);

        Assert.True(outcome.Inserted);
        Assert.Equal([first.Id], outcome.Replaced);
        Assert.Empty(outcome.Conflicting);
        ActionRecord cancelled = (await Actions.FindAsync(first.Id, default))!;
        Assert.Equal(ActionState.Cancelled, cancelled.State);
        Assert.Equal(second.CreatedAt, cancelled.CompletedAt);
        Assert.Equal(second.CreatedAt, cancelled.UpdatedAt);
        Assert.Equal([second], await Actions.ListUnfinishedAsync(default));
    }

    [Fact]
    public async Task A_replacing_insert_with_nothing_in_the_way_only_inserts()
    {
        InsertOutcome outcome = await Actions.InsertAsync(Sample.Action("d1"), replace: true, default);

        Assert.True(outcome.Inserted);
        Assert.Empty(outcome.Replaced);
    }

    [Fact]
    public async Task Of_200_simultaneous_inserts_to_one_device_exactly_one_succeeds()
    {
        InsertOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 200)
            .Select(i => Task.Run(() => Actions.InsertAsync(Sample.Action("d1", i), replace: false, default))));

        Assert.Single(outcomes, outcome => outcome.Inserted);
        ActionRecord winner = Assert.Single(await Actions.ListUnfinishedAsync(default));
        Assert.All(outcomes.Where(outcome => !outcome.Inserted), outcome => Assert.Equal([winner.Id], outcome.Conflicting));
        Assert.Equal(1, (await Actions.ListAsync(new ActionFilter("acme", ApiEnvironment.Live), 0, 10, default)).Total);
    }

    [Fact]
    public async Task Of_200_simultaneous_replacing_inserts_exactly_one_is_left_unfinished()
    {
        InsertOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 200)
            .Select(i => Task.Run(() => Actions.InsertAsync(Sample.Action("d1", i), replace: true, default))));

        Assert.All(outcomes, outcome => Assert.True(outcome.Inserted));
        Assert.Equal(199, outcomes.Sum(outcome => outcome.Replaced.Count));
        Assert.Single(await Actions.ListUnfinishedAsync(default));
    }

    [Fact]
    public async Task An_update_from_an_expected_state_is_stored_and_frees_the_device()
    {
        ActionRecord action = Sample.Action("d1");
        await Actions.InsertAsync(action, replace: false, default);
        ActionRecord done = action with
        {
            State = ActionState.Completed,
            Result = new ActionResult { Success = true, Message = "Done." },
            UpdatedAt = Sample.Noon.AddSeconds(3),
            DispatchedAt = Sample.Noon.AddSeconds(1),
            CompletedAt = Sample.Noon.AddSeconds(3),
        };

        Assert.True(await Actions.TryUpdateAsync(done, [ActionState.Acknowledged], default));

        Assert.Equal(done, await Actions.FindAsync(action.Id, default));
        Assert.True((await Actions.InsertAsync(Sample.Action("d1", 9), replace: false, default)).Inserted);
    }

    [Fact]
    public async Task An_update_from_another_state_changes_nothing()
    {
        ActionRecord action = Sample.Action("d1");
        await Actions.InsertAsync(action, replace: false, default);

        bool updated = await Actions.TryUpdateAsync(action with { State = ActionState.Cancelled }, [ActionState.Scheduled], default);
        bool unknown = await Actions.TryUpdateAsync(Sample.Action("d2"), [ActionState.Scheduled, ActionState.Acknowledged], default);

        Assert.False(updated);
        Assert.False(unknown);
        Assert.Equal(action, await Actions.FindAsync(action.Id, default));
    }

    [Fact]
    public async Task Of_many_simultaneous_ends_of_one_action_exactly_one_counts()
    {
        ActionRecord action = Sample.Action("d1");
        await Actions.InsertAsync(action, replace: false, default);

        bool[] ends = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(() => Actions.TryUpdateAsync(
            action with { State = i % 2 == 0 ? ActionState.Failed : ActionState.Completed },
            [ActionState.Acknowledged],
            default))));

        Assert.Single(ends, ended => ended);
    }

    [Fact]
    public async Task Pages_are_newest_first_and_stable_when_times_are_equal()
    {
        ActionRecord[] all = [.. Enumerable.Range(0, 25).Select(i => Sample.Action($"d{i}", second: i / 5))];
        foreach (ActionRecord action in all)
            await Actions.InsertAsync(action, replace: false, default);
        var filter = new ActionFilter("acme", ApiEnvironment.Live);

        var pages = new List<ActionRecord>();
        for (int offset = 0; offset < 25; offset += 10)
        {
            ActionPage page = await Actions.ListAsync(filter, offset, 10, default);
            Assert.Equal(25, page.Total);
            pages.AddRange(page.Items);
        }

        Assert.Equal(
            all.OrderByDescending(action => action.CreatedAt).ThenByDescending(action => action.Id.Value, StringComparer.Ordinal),
            pages);
        ActionPage beyond = await Actions.ListAsync(filter, 100, 10, default);
        Assert.Empty(beyond.Items);
        Assert.Equal(25, beyond.Total);
    }

    [Fact]
    public async Task A_list_shows_only_what_its_filter_asks_for()
    {
        ActionRecord mine = Sample.Action("d1");
        ActionRecord otherUser = Sample.Action("d2", 1) with { UserId = "user-2" };
        ActionRecord noUser = Sample.Action("d3", 2) with { UserId = null, State = ActionState.Scheduled };
        ActionRecord sandbox = Sample.Action("d4", 3) with { Environment = ApiEnvironment.Sandbox };
        ActionRecord foreign = Sample.Action("d5", 4) with { CustomerId = "other" };
        foreach (ActionRecord action in new[] { mine, otherUser, noUser, sandbox, foreign })
            await Actions.InsertAsync(action, replace: false, default);
        var acme = new ActionFilter("acme", ApiEnvironment.Live);

        await AssertList(acme, noUser, otherUser, mine);
        await AssertList(acme with { UserId = "user-2" }, otherUser);
        await AssertList(acme with { DeviceId = new DeviceId("d1") }, mine);
        await AssertList(acme with { DeviceId = new DeviceId("d5") });
        await AssertList(acme with { State = ActionState.Scheduled }, noUser);
        await AssertList(acme with { UserId = "user-1", DeviceId = new DeviceId("d1"), State = ActionState.Acknowledged }, mine);
        await AssertList(acme with { Environment = ApiEnvironment.Sandbox }, sandbox);
        await AssertList(acme with { CustomerId = "other" }, foreign);

        async Task AssertList(ActionFilter filter, params ActionRecord[] expected)
        {
            ActionPage page = await Actions.ListAsync(filter, 0, 50, default);
            Assert.Equal(expected, page.Items);
            Assert.Equal(expected.Length, page.Total);
        }
    }

    [Fact]
    [Trait("row", "C12")]
    [Trait("row", "C13")]
    public async Task Unfinished_actions_are_found_after_a_restart_with_what_was_known_of_their_dispatch()
    {
        ActionRecord waiting = Sample.Action("d1");
        ActionRecord sent = Sample.Action("d2", 1);
        ActionRecord ended = Sample.Action("d3", 2);
        foreach (ActionRecord action in new[] { waiting, sent, ended })
            await Actions.InsertAsync(action, replace: false, default);
        sent = sent with { DispatchedAt = Sample.Noon.AddSeconds(4) };
        await Actions.TryUpdateAsync(sent, [ActionState.Acknowledged], default);
        await Actions.TryUpdateAsync(ended with { State = ActionState.Failed }, [ActionState.Acknowledged], default);

        await store.ReopenAsync();

        Assert.Equal([waiting, sent], await Actions.ListUnfinishedAsync(default));
    }

    [Fact]
    public async Task The_newest_action_of_each_device_is_found()
    {
        ActionRecord old = Sample.Action("d1");
        ActionRecord newer = Sample.Action("d1", 10);
        ActionRecord other = Sample.Action("d2", 5);
        await Actions.InsertAsync(old, replace: false, default);
        await Actions.InsertAsync(newer, replace: true, default);
        await Actions.InsertAsync(other, replace: false, default);
        await Actions.InsertAsync(Sample.Action("d3"), replace: false, default);

        IReadOnlyList<ActionRecord> found = await Actions.FindNewestAsync(
            [new DeviceId("d1"), new DeviceId("d2"), new DeviceId("unknown")], default);

        Assert.Equal([other, newer], found.OrderBy(action => action.CreatedAt));
        Assert.Empty(await Actions.FindNewestAsync([], default));
    }
}

public sealed class SqliteActionStoreTests() : ActionStoreTests(new SqliteStoreFixture());
