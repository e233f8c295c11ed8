using Amps.Ocpp.Model;
using Amps.Ocpp.Tests.Support;
using Amps.Ocpp.Webhooks;

namespace Amps.Ocpp.Tests.Webhooks;

/// <summary>What becomes of a delivery whose receiver does not take it (canonical API, section 9).</summary>
public sealed class RetryTests
{
    [Fact]
    [Trait("row", "N1")]
    public async Task A_failed_attempt_is_repeated_with_the_same_id_a_new_timestamp_and_a_new_signature()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = (_, before, context) =>
        {
            context.Response.StatusCode = before == 0 ? 500 : 200;
            return Task.CompletedTask;
        };
        await using SendingHouse house = await SendingHouse.StartAsync();
        (WebhookEndpoint endpoint, string secret) = await house.AddAsync(receiver.Url);
        OutboxEvent happened = house.Event();
        await house.TellAsync(happened);
        Delivery failed = await house.UntilAsync(endpoint.Id, delivery => delivery.Attempts == 1);
        Assert.Equal((AttemptErrors.Status, 500, DeliveryState.Pending), (failed.LastError, failed.LastStatus, failed.State));
        await house.NextAttemptAsync(endpoint.Id);
        Delivery delivered = await house.DeliveryAsync(endpoint.Id);
        Assert.Equal((DeliveryState.Delivered, 2, null), (delivered.State, delivered.Attempts, delivered.LastError));

        IReadOnlyList<ReceivedWebhook> received = receiver.Received;
        Assert.Equal([happened.Id, happened.Id], received.Select(webhook => webhook.Id));
        Assert.Equal(received[0].Body, received[1].Body);
        Assert.True(received[1].SentAt - received[0].SentAt >= TimeSpan.FromSeconds(4));
        Assert.NotEqual(received[0].Signatures, received[1].Signatures);
        Assert.Equal("valid", await Svix.VerifyAsync(secret, received[0]));
        Assert.Equal("valid", await Svix.VerifyAsync(secret, received[1]));
    }

    [Theory]
    [Trait("row", "N1")]
    [Trait("row", "X12")]
    [InlineData("timeout", AttemptErrors.Timeout)]
    [InlineData("dns hangs", AttemptErrors.Timeout)]
    [InlineData("refused", AttemptErrors.ConnectionFailed)]
    [InlineData("hangup", AttemptErrors.ConnectionFailed)]
    [InlineData("dns", AttemptErrors.NameNotResolved)]
    [InlineData("tls", AttemptErrors.TlsFailed)]
    public async Task Whatever_fails_is_retried_by_the_schedule(string failure, string error)
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = async (_, _, context) =>
        {
            if (failure == "hangup")
                context.Abort();
            else
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await using SendingHouse house = await SendingHouse.StartAsync();
        Uri url = failure switch
        {
            "refused" => new Uri($"http://127.0.0.1:{ServiceHost.FreePort()}/hooks"),
            "dns" => new Uri("http://nowhere.example/hooks"),
            "dns hangs" => new Uri($"http://{TestResolver.Silent}/hooks"),
            "tls" => new Uri($"https://127.0.0.1:{receiver.Port}/hooks"),
            _ => receiver.Url,
        };
        (WebhookEndpoint endpoint, _) = await house.AddAsync(url);
        await house.TellAsync(house.Event());
        if (error == AttemptErrors.Timeout)
        {
            await (failure == "timeout" ? receiver.AwaitAsync(1) : Wait.UntilAsync(() => house.Resolver.Unanswered == 1, "the name is asked for"));
            house.Clock.Advance(TimeSpan.FromSeconds(29));
            Assert.Equal(0, (await house.DeliveryAsync(endpoint.Id)).Attempts);
            house.Clock.Advance(TimeSpan.FromSeconds(1.1));
        }
        Delivery failed = await house.UntilAsync(endpoint.Id, delivery => delivery.Attempts == 1);
        Assert.Equal((error, null, DeliveryState.Pending), (failed.LastError, failed.LastStatus, failed.State));
        Assert.InRange(failed.NextAttemptAt!.Value - failed.LastAttemptAt!.Value, TimeSpan.FromSeconds(4.5), TimeSpan.FromSeconds(5.5));
    }

    [Fact]
    [Trait("row", "N10")]
    public async Task The_schedule_is_kept_to_its_end_then_the_endpoint_goes_out_of_use_and_a_replay_brings_it_back()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        receiver.Always(503);
        await using SendingHouse house = await SendingHouse.StartAsync();
        (WebhookEndpoint endpoint, _) = await house.AddAsync(receiver.Url);
        await house.TellAsync(house.Event());
        await house.UntilAsync(endpoint.Id, delivery => delivery.Attempts == 1);
        double[] minutes = [5.0 / 60, 5, 30, 120, 300, 600, 600];
        foreach (double expected in minutes)
            Assert.InRange((await house.NextAttemptAsync(endpoint.Id)).TotalMinutes, expected * 0.9, expected * 1.1);

        Delivery dead = await house.DeliveryAsync(endpoint.Id);
        Assert.Equal((DeliveryState.Failed, 8, null), (dead.State, dead.Attempts, dead.NextAttemptAt));
        Assert.Equal(8, receiver.Received.Count);
        WebhookEndpoint disabled = (await house.Endpoints.FindAsync(endpoint.Id, default))!;
        Assert.Equal(DisabledReasons.RetriesExhausted, disabled.DisabledReason);
        Assert.Contains(house.Log, line => line.Contains(endpoint.Id) && line.Contains("out of use"));

        await house.TellAsync(house.Event());
        Assert.Equal(1, (await house.Store.Deliveries.ListAsync(endpoint.Id, 0, 10, default)).Total);
        receiver.Always(200);
        Delivery replayed = (await house.Endpoints.ReplayAsync(endpoint.Id, dead.MessageId, default))!;
        Assert.Equal(DeliveryState.Pending, replayed.State);
        await house.UntilAsync(endpoint.Id, delivery => delivery.State == DeliveryState.Delivered);
        Assert.Equal(dead.MessageId, receiver.Received[^1].Id);
        Assert.Null((await house.Endpoints.FindAsync(endpoint.Id, default))!.DisabledAt);
    }

    [Fact]
    [Trait("row", "N10")]
    public async Task One_event_that_a_living_receiver_never_takes_does_not_put_it_out_of_use()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = (webhook, _, context) =>
        {
            context.Response.StatusCode = webhook.Body.Contains("poison", StringComparison.Ordinal) ? 422 : 200;
            return Task.CompletedTask;
        };
        await using SendingHouse house = await SendingHouse.StartAsync();
        (WebhookEndpoint endpoint, _) = await house.AddAsync(receiver.Url);
        await house.TellAsync(house.Event("poison"));
        await house.UntilAsync(endpoint.Id, delivery => delivery.Attempts == 1);
        await house.TellAsync(house.Event("healthy"));
        await house.UntilAsync(endpoint.Id, delivery => delivery.State == DeliveryState.Delivered);
        for (int attempt = 2; attempt <= 8; attempt++)
        {
            TimeSpan ahead = (await house.DeliveryAsync(endpoint.Id, newest: 1)).NextAttemptAt!.Value - house.Clock.GetUtcNow();
            house.Clock.Advance(ahead);
            await house.NudgeAsync(async () => (await house.DeliveryAsync(endpoint.Id, newest: 1)).Attempts == attempt);
        }
        Assert.Equal(DeliveryState.Failed, (await house.DeliveryAsync(endpoint.Id, newest: 1)).State);
        Assert.Null((await house.Endpoints.FindAsync(endpoint.Id, default))!.DisabledAt);
    }

    [Theory]
    [Trait("row", "N5")]
    [InlineData(429, "120", 120, 120)]
    [InlineData(503, "3600", 3600, 3600)]
    [InlineData(503, "86400", 3600, 3600)]
    [InlineData(429, "Thu, 01 Jan 2099 00:00:00 GMT", 3600, 3600)]
    [InlineData(429, "Thu, 01 Jan 1970 00:00:00 GMT", 4.5, 5.5)]
    [InlineData(503, "garbage", 4.5, 5.5)]
    [InlineData(503, "-7", 4.5, 5.5)]
    [InlineData(503, "2", 4.5, 5.5)]
    [InlineData(500, "120", 4.5, 5.5)]
    public async Task Retry_after_is_honoured_up_to_an_hour(int status, string retryAfter, double least, double most)
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = (_, _, context) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = retryAfter;
            return Task.CompletedTask;
        };
        await using SendingHouse house = await SendingHouse.StartAsync();
        (WebhookEndpoint endpoint, _) = await house.AddAsync(receiver.Url);
        await house.TellAsync(house.Event());
        Delivery failed = await house.UntilAsync(endpoint.Id, delivery => delivery.Attempts == 1);
        Assert.InRange((failed.NextAttemptAt!.Value - failed.LastAttemptAt!.Value).TotalSeconds, least, most);
    }

    [Fact]
    [Trait("row", "N4")]
    public async Task A_receiver_that_answers_410_goes_out_of_use_and_its_queue_is_kept_for_a_replay()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        receiver.Always(410);
        await using SendingHouse house = await SendingHouse.StartAsync();
        (WebhookEndpoint endpoint, _) = await house.AddAsync(receiver.Url);
        OutboxEvent first = house.Event();
        OutboxEvent second = house.Event();
        await house.TellAsync(first, second);
        await Wait.UntilAsync(async () => (await house.Endpoints.FindAsync(endpoint.Id, default))!.DisabledReason == DisabledReasons.Gone, "410 to disable");
        Assert.Contains(house.Log, line => line.Contains(endpoint.Id) && line.Contains("out of use"));
        house.Clock.Advance(TimeSpan.FromHours(30));
        await house.TellAsync(house.Event("other", customer: "someone-else"));
        IReadOnlyList<Delivery> kept = (await house.Store.Deliveries.ListAsync(endpoint.Id, 0, 10, default)).Items;
        Assert.Equal([DeliveryState.Pending, DeliveryState.Pending], kept.Select(delivery => delivery.State));
        Assert.Single(receiver.Received);

        receiver.Always(200);
        await house.Endpoints.ReplayAsync(endpoint.Id, second.Id, default);
        await house.UntilAsync(endpoint.Id, delivery => delivery.State == DeliveryState.Delivered);
        Assert.Equal([first.Id, first.Id, second.Id], receiver.Received.Select(webhook => webhook.Id));
    }

    [Theory]
    [Trait("row", "N3")]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_a_failure_and_not_followed(int status)
    {
        await using WebhookReceiver elsewhere = await WebhookReceiver.StartAsync();
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = (_, _, context) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = elsewhere.Url.ToString();
            return Task.CompletedTask;
        };
        await using SendingHouse house = await SendingHouse.StartAsync();
        (WebhookEndpoint endpoint, _) = await house.AddAsync(receiver.Url);
        await house.TellAsync(house.Event());
        Delivery failed = await house.UntilAsync(endpoint.Id, delivery => delivery.Attempts == 1);
        Assert.Equal((DeliveryState.Pending, status, AttemptErrors.Status), (failed.State, failed.LastStatus, failed.LastError));
        Assert.Empty(elsewhere.Received);
    }
}
