using System.Text;
using Amps.Ocpp.Actions;
using Amps.Ocpp.Model;
using Amps.Ocpp.Storage;
using Amps.Ocpp.Webhooks;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>What every engine's queues of deliveries do.</summary>
public abstract class DeliveryStoreTests(StoreFixture store) : IAsyncLifetime
{
    private static readonly TidyLimits s_wide = new(1000, 1000, Sample.Noon.AddYears(-1), Sample.Noon.AddYears(-1), 100);
    private int _events;

    private IDeliveryStore Deliveries => store.Deliveries;

    public async ValueTask InitializeAsync() => await store.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private static WebhookEndpoint Endpoint(string id = "wh_1", string customer = "acme", params string[] events) => new()
    {
        Id = id,
        CustomerId = customer,
        Environment = ApiEnvironment.Live,
        Url = "https://hooks.example/a",
        Events = events.Length == 0 ? OutboxEventTypes.All : events,
        Secret = [1, 2, 3],
        CreatedAt = Sample.Noon,
    };

    private OutboxEvent Event(string device = "d1", int second = 0, string customer = "acme", string type = OutboxEventTypes.PushCompleted) => new(
        $"msg_{++_events:D4}", type, customer, ApiEnvironment.Live, new DeviceId(device), Sample.Noon.AddSeconds(second), Encoding.UTF8.GetBytes("""{"a":"ä"}"""));

    private Task<int> EnqueueAsync(OutboxEvent happened) => store.Database.WriteAsync(session => Outbox.Enqueue(session, happened), default);

    private Task<IReadOnlyList<ClaimedDelivery>> ClaimAsync(int second = 0, string node = "node-1", int count = 10, string endpoint = "wh_1") =>
        Deliveries.ClaimAsync([(endpoint, count)], node, Sample.Noon.AddSeconds(second), Sample.Noon.AddSeconds(second + 90), default);

    private Task<bool> FinishAsync(ClaimedDelivery delivery, DeliveryEnd end, int second = 1, int? next = null, string node = "node-1", int? status = 200) => Deliveries.FinishAsync(
        new AttemptRecord(
            delivery, node, Sample.Noon.AddSeconds(second), end, next is { } at ? Sample.Noon.AddSeconds(at) : null, status, end == DeliveryEnd.Delivered ? null : AttemptErrors.Status),
        default);

    private async Task<Delivery[]> ListAsync(string endpoint = "wh_1") => [.. (await Deliveries.ListAsync(endpoint, 0, 50, default)).Items.Reverse()];

    [Fact]
    public async Task An_endpoint_comes_back_as_it_was_stored_and_keeps_its_last_secret_at_a_rotation()
    {
        WebhookEndpoint endpoint = Endpoint(events: [OutboxEventTypes.PushFailed, OutboxEventTypes.DeviceConnected]);
        await store.WebhookEndpoints.AddAsync(endpoint, default);
        await store.ReopenAsync();
        WebhookEndpoint found = (await store.WebhookEndpoints.FindAsync("wh_1", default))!;
        Assert.Equal(endpoint with { Events = found.Events, Secret = found.Secret }, found);
        Assert.Equal(endpoint.Events, found.Events);
        Assert.Equal(endpoint.Secret, found.Secret);

        Assert.True(await store.WebhookEndpoints.RotateSecretAsync("wh_1", [4, 5], Sample.Noon.AddDays(1), default));
        found = (await store.WebhookEndpoints.FindAsync("wh_1", default))!;
        Assert.Equal<byte>([4, 5], found.Secret);
        Assert.Equal<byte>([1, 2, 3], found.PreviousSecret!);
        Assert.Equal(Sample.Noon.AddDays(1), found.PreviousUntil);
        Assert.False(await store.WebhookEndpoints.RotateSecretAsync("wh_none", [4], Sample.Noon, default));
    }

    [Fact]
    public async Task The_end_of_an_action_and_its_delivery_are_stored_together_or_not_at_all()
    {
        await store.WebhookEndpoints.AddAsync(Endpoint(), default);
        ActionRecord action = Sample.Action("d1");
        await store.Actions.InsertAsync(action, replace: false, default);
        Task raised = store.DeliverySignal.Next;
        ActionRecord ended = action with { State = ActionState.Completed };
        Assert.True(await store.Actions.TryEndAsync(ended, Event(), default));
        Assert.True(raised.IsCompleted);
        Assert.False(await store.Actions.TryEndAsync(ended with { State = ActionState.Failed }, Event(), default));
        await store.ReopenAsync();
        Assert.Equal(ActionState.Completed, (await store.Actions.FindAsync(action.Id, default))!.State);
        Assert.Equal("msg_0001", Assert.Single(await ListAsync()).MessageId);
    }

    [Fact]
    public async Task Only_endpoints_in_use_of_the_customer_that_asked_for_the_event_are_told()
    {
        await store.WebhookEndpoints.AddAsync(Endpoint("wh_1"), default);
        await store.WebhookEndpoints.AddAsync(Endpoint("wh_2", "other"), default);
        await store.WebhookEndpoints.AddAsync(Endpoint("wh_3", "acme", OutboxEventTypes.PushFailed), default);
        await store.WebhookEndpoints.AddAsync(Endpoint("wh_4") with { Environment = ApiEnvironment.Sandbox }, default);
        await store.WebhookEndpoints.AddAsync(Endpoint("wh_5"), default);
        await EnqueueAsync(Event());
        await FinishAsync((await ClaimAsync(endpoint: "wh_5"))[0], DeliveryEnd.EndpointGone, status: 410);
        Assert.Equal(1, await EnqueueAsync(Event()));
        Assert.Equal(2, (await ListAsync("wh_1")).Length);
        Assert.Single(await ListAsync("wh_5"));
        foreach (string other in (string[])["wh_2", "wh_3", "wh_4"])
            Assert.Empty(await ListAsync(other));
    }

    [Fact]
    [Trait("row", "N13")]
    public async Task Only_the_first_waiting_delivery_of_a_device_is_due()
    {
        await store.WebhookEndpoints.AddAsync(Endpoint(), default);
        foreach (string device in (string[])["d1", "d1", "d2", "d1"])
            await EnqueueAsync(Event(device));
        IReadOnlyList<ClaimedDelivery> claimed = await ClaimAsync();
        Assert.Equal(["msg_0001", "msg_0003"], claimed.Select(delivery => delivery.MessageId));
        Assert.Equal("""{"a":"ä"}""", Encoding.UTF8.GetString(claimed[0].Body));
        Assert.Empty(await ClaimAsync());
        await FinishAsync(claimed[0], DeliveryEnd.Retry, next: 60, status: 500);
        Assert.Empty(await ClaimAsync(second: 59));
        ClaimedDelivery again = Assert.Single(await ClaimAsync(second: 60));
        Assert.Equal(("msg_0001", 1, Sample.Noon.AddSeconds(1)), (again.MessageId, again.Attempts, again.FirstAttemptAt!.Value));
        await FinishAsync(again, DeliveryEnd.Delivered, second: 61);
        Assert.Equal("msg_0002", Assert.Single(await ClaimAsync(second: 61)).MessageId);
        Delivery[] all = await ListAsync();
        Assert.Equal([DeliveryState.Delivered, DeliveryState.Pending, DeliveryState.Pending, DeliveryState.Pending], all.Select(delivery => delivery.State));
        Assert.Equal(all.Select(delivery => delivery.Sequence).Order(), all.Select(delivery => delivery.Sequence));
    }

    [Fact]
    [Trait("row", "N9")]
    public async Task A_lease_keeps_other_nodes_away_until_it_runs_out_or_its_node_starts_again()
    {
        await store.WebhookEndpoints.AddAsync(Endpoint(), default);
        await EnqueueAsync(Event());
        ClaimedDelivery first = Assert.Single(await ClaimAsync(node: "node-1"));
        Assert.Empty(await ClaimAsync(second: 89, node: "node-2"));
        Assert.Empty((await Deliveries.LookAsync(Sample.Noon.AddSeconds(89), default)).Endpoints);
        Assert.Single(await ClaimAsync(second: 90, node: "node-2"));
        Assert.False(await FinishAsync(first, DeliveryEnd.GiveUp));
        Assert.Equal(DeliveryState.Pending, (await ListAsync())[0].State);
        await Deliveries.ReleaseAsync("node-1", [], default);
        Assert.Empty(await ClaimAsync(second: 91));
        await Deliveries.ReleaseAsync("node-2", [first.Sequence], default);
        Assert.Empty(await ClaimAsync(second: 91));
        await Deliveries.ReleaseAsync("node-2", [first.Sequence + 1], default);
        ClaimedDelivery third = Assert.Single(await ClaimAsync(second: 91));
        await Deliveries.ReturnAsync(third, "node-1", default);
        Assert.Single(await ClaimAsync(second: 91));
    }

    [Fact]
    public async Task It_is_told_what_is_due_and_when_the_next_will_be()
    {
        await store.WebhookEndpoints.AddAsync(Endpoint("wh_1"), default);
        await store.WebhookEndpoints.AddAsync(Endpoint("wh_2"), default);
        Assert.Null((await Deliveries.LookAsync(Sample.Noon, default)).Next);
        await EnqueueAsync(Event());
        DueWork work = await Deliveries.LookAsync(Sample.Noon, default);
        Assert.Equal(["wh_1", "wh_2"], work.Endpoints);
        Assert.Null(work.Next);
        await FinishAsync((await ClaimAsync())[0], DeliveryEnd.Retry, next: 300);
        await FinishAsync((await ClaimAsync(endpoint: "wh_2"))[0], DeliveryEnd.Retry, next: 200);
        work = await Deliveries.LookAsync(Sample.Noon.AddSeconds(10), default);
        Assert.Empty(work.Endpoints);
        Assert.Equal(Sample.Noon.AddSeconds(200), work.Next);
    }

    [Fact]
    [Trait("row", "N10")]
    public async Task The_last_failure_disables_unless_something_arrived_since_the_first_attempt()
    {
        await store.WebhookEndpoints.AddAsync(Endpoint(), default);
        await EnqueueAsync(Event("d1"));
        await EnqueueAsync(Event("d2"));
        IReadOnlyList<ClaimedDelivery> claimed = await ClaimAsync();
        await FinishAsync(claimed[0], DeliveryEnd.Retry, second: 5, next: 10);
        await FinishAsync(claimed[1], DeliveryEnd.Delivered, second: 7);
        Assert.False(await FinishAsync((await ClaimAsync(second: 10))[0], DeliveryEnd.GiveUp, second: 11));
        Assert.Null((await store.WebhookEndpoints.FindAsync("wh_1", default))!.DisabledAt);
        await EnqueueAsync(Event("d1"));
        await FinishAsync((await ClaimAsync(second: 12))[0], DeliveryEnd.Retry, second: 20, next: 30);
        Assert.True(await FinishAsync((await ClaimAsync(second: 30))[0], DeliveryEnd.GiveUp, second: 31));
        Assert.Equal(
            (Sample.Noon.AddSeconds(31), DisabledReasons.RetriesExhausted),
            ((await store.WebhookEndpoints.FindAsync("wh_1", default))!.DisabledAt, (await store.WebhookEndpoints.FindAsync("wh_1", default))!.DisabledReason));
    }

    [Fact]
    public async Task A_replay_takes_its_place_in_the_queue_of_its_device()
    {
        await store.WebhookEndpoints.AddAsync(Endpoint(), default);
        await EnqueueAsync(Event("d1"));
        await FinishAsync((await ClaimAsync())[0], DeliveryEnd.GiveUp);
        Assert.Null(await Deliveries.ReplayAsync("wh_1", "msg_none", Sample.Noon, default));
        Delivery replayed = (await Deliveries.ReplayAsync("wh_1", "msg_0001", Sample.Noon.AddSeconds(5), default))!;
        Assert.Equal((DeliveryState.Pending, 0, Sample.Noon.AddSeconds(5)), (replayed.State, replayed.Attempts, replayed.NextAttemptAt));
        ClaimedDelivery again = Assert.Single(await ClaimAsync(second: 5));
        await EnqueueAsync(Event("d1", 6));
        await FinishAsync(again, DeliveryEnd.Delivered, second: 6);
        ClaimedDelivery second = Assert.Single(await ClaimAsync(second: 6));
        await Deliveries.ReplayAsync("wh_1", "msg_0001", Sample.Noon.AddSeconds(7), default);
        Assert.Empty(await ClaimAsync(second: 8));
        await FinishAsync(second, DeliveryEnd.Delivered, second: 9);
        Assert.Equal("msg_0001", Assert.Single(await ClaimAsync(second: 9)).MessageId);
    }

    [Fact]
    [Trait("row", "N12")]
    public async Task Tidying_gives_up_the_oldest_beyond_the_cap_forgets_what_is_old_and_leaves_no_queue_stuck()
    {
        await store.WebhookEndpoints.AddAsync(Endpoint(), default);
        await store.WebhookEndpoints.AddAsync(Endpoint("wh_2", "other"), default);
        await EnqueueAsync(Event("d0", customer: "other"));
        for (int i = 0; i < 10; i++)
            await EnqueueAsync(Event($"d{i % 2}", i));
        TidyLimits narrow = s_wide with { MaxPending = 3, BatchSize = 4 };
        int dropped = 0;
        TidyOutcome outcome;
        do
        {
            outcome = await Deliveries.TidyAsync(narrow, Sample.Noon.AddMinutes(1), default);
            dropped += outcome.Dropped;
            Assert.InRange(outcome.Dropped, 0, 4);
        }
        while (outcome.More);
        Assert.Equal(7, dropped);
        Delivery[] all = await ListAsync();
        Assert.All(all[..7], delivery => Assert.Equal((DeliveryState.Failed, AttemptErrors.Dropped), (delivery.State, delivery.LastError)));
        Assert.All(all[7..], delivery => Assert.Equal(DeliveryState.Pending, delivery.State));
        Assert.Equal(7, (await store.WebhookEndpoints.FindAsync("wh_1", default))!.Dropped);
        Assert.Equal(DeliveryState.Pending, Assert.Single(await ListAsync("wh_2")).State);
        Assert.Equal(2, (await ClaimAsync(second: 60)).Count);

        await Deliveries.ReleaseAsync("node-1", [], default);
        while ((await Deliveries.TidyAsync(s_wide with { MaxFailed = 2 }, Sample.Noon.AddMinutes(1), default)).More)
        {
        }
        Assert.Equal(2, (await ListAsync()).Count(delivery => delivery.State == DeliveryState.Failed));
        while ((await Deliveries.TidyAsync(s_wide with { FailedBefore = Sample.Noon.AddHours(1) }, Sample.Noon.AddMinutes(1), default)).More)
        {
        }
        Assert.Equal(3, (await ListAsync()).Length);
    }

    [Fact]
    public async Task Removing_an_endpoint_removes_its_queue()
    {
        await store.WebhookEndpoints.AddAsync(Endpoint(), default);
        await EnqueueAsync(Event());
        Assert.True(await store.WebhookEndpoints.DeleteAsync("wh_1", default));
        Assert.False(await store.WebhookEndpoints.DeleteAsync("wh_1", default));
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task A_devices_link_is_told_once_until_it_changes_and_only_while_the_device_is_registered()
    {
        await store.WebhookEndpoints.AddAsync(Endpoint(), default);
        await store.Registry.SaveChargePointAsync(Sample.ChargePoint("CP1", Sample.Device("d1")), default);
        Assert.True(await store.DeviceLinks.TellAsync(true, Event("d1", type: OutboxEventTypes.DeviceConnected), default));
        Assert.False(await store.DeviceLinks.TellAsync(true, Event("d1", type: OutboxEventTypes.DeviceConnected), default));
        Assert.True(await store.DeviceLinks.TellAsync(false, Event("d1", type: OutboxEventTypes.DeviceDisconnected), default));
        Assert.False(await store.DeviceLinks.TellAsync(true, Event("unknown", type: OutboxEventTypes.DeviceConnected), default));
        Assert.Equal([OutboxEventTypes.DeviceConnected, OutboxEventTypes.DeviceDisconnected], (await ListAsync()).Select(delivery => delivery.EventType));
        Assert.Equal([new KeyValuePair<DeviceId, bool>(new DeviceId("d1"), false)], await store.DeviceLinks.LoadToldAsync(default));
        await store.Registry.DeleteChargePointAsync(Sample.Cp("CP1"), default);
        Assert.Empty(await store.DeviceLinks.LoadToldAsync(default));
    }
}

/// <inheritdoc/>
public sealed class SqliteDeliveryStoreTests() : DeliveryStoreTests(new SqliteStoreFixture());
