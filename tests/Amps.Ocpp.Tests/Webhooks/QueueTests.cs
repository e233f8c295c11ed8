using System.Net;
using System.Net.Sockets;
using System.Text;
using Amps.Ocpp.Model;
using Amps.Ocpp.Tests.Support;
using Amps.Ocpp.Webhooks;
using Microsoft.AspNetCore.Http;

namespace Amps.Ocpp.Tests.Webhooks;

/// <summary>Order, room, and what one receiver can do to the others.</summary>
public sealed class QueueTests
{
    [Fact]
    [Trait("row", "N2")]
    public async Task An_answer_after_29_seconds_counts_and_holds_no_other_endpoint()
    {
        await using WebhookReceiver slow = await WebhookReceiver.StartAsync();
        var release = new TaskCompletionSource();
        slow.Answer = (_, _, _) => release.Task;
        await using WebhookReceiver quick = await WebhookReceiver.StartAsync();
        await using SendingHouse house = await SendingHouse.StartAsync();
        (WebhookEndpoint slowOne, _) = await house.AddAsync(slow.Url);
        (WebhookEndpoint quickOne, _) = await house.AddAsync(quick.Url);
        OutboxEvent[] events = [.. Enumerable.Range(0, 40).Select(i => house.Event($"d{i}"))];
        await house.TellAsync(events);
        await quick.AwaitAsync(40);
        await slow.AwaitAsync(8);
        house.Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(8, slow.Received.Count);
        release.SetResult();
        await slow.AwaitAsync(40);
        foreach (WebhookEndpoint endpoint in (WebhookEndpoint[])[slowOne, quickOne])
        {
            await Wait.UntilAsync(
                async () => (await house.Store.Deliveries.ListAsync(endpoint.Id, 0, 50, default)).Items.All(delivery => delivery is { State: DeliveryState.Delivered, Attempts: 1 }),
                "all delivered at the first attempt");
        }
    }

    [Fact]
    [Trait("row", "N13")]
    public async Task Events_of_one_device_arrive_in_order_one_at_a_time_though_an_earlier_one_has_to_be_repeated()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        int underWay = 0, most = 0;
        receiver.Answer = async (webhook, before, context) =>
        {
            if (webhook.Json.GetProperty("deviceId").GetString() == "d1")
            {
                most = Math.Max(most, Interlocked.Increment(ref underWay));
                await Task.Delay(10);
                Interlocked.Decrement(ref underWay);
            }
            context.Response.StatusCode = before == 0 ? 500 : 200;
        };
        await using SendingHouse house = await SendingHouse.StartAsync();
        (WebhookEndpoint endpoint, _) = await house.AddAsync(receiver.Url);
        OutboxEvent[] events = [.. Enumerable.Range(0, 6).Select(_ => house.Event("d1"))];
        await house.TellAsync(events);
        await house.UntilAsync(endpoint.Id, delivery => delivery.Attempts == 1, newest: 5);
        await house.TellAsync(house.Event("d2"));
        await house.UntilAsync(endpoint.Id, delivery => delivery.State == DeliveryState.Delivered);
        Assert.Equal(2, receiver.Received.Count);
        await house.NudgeAsync(async () => (await house.DeliveryAsync(endpoint.Id, newest: 1)).State == DeliveryState.Delivered);

        ReceivedWebhook[] ofFirst = [.. receiver.Received.Where(webhook => webhook.Json.GetProperty("deviceId").GetString() == "d1")];
        Assert.Equal([events[0].Id, .. events.Select(happened => happened.Id)], ofFirst.Select(webhook => webhook.Id));
        long[] sequences = [.. ofFirst.Skip(1).Select(webhook => long.Parse(webhook.Sequence))];
        Assert.Equal(sequences.Order(), sequences);
        Assert.Equal(6, sequences.Distinct().Count());
        Assert.Equal(sequences.Reverse(), (await house.Store.Deliveries.ListAsync(endpoint.Id, 1, 6, default)).Items.Select(delivery => delivery.Sequence));
        Assert.Equal(1, most);
    }

    [Fact]
    [Trait("row", "N12")]
    public async Task A_hundred_thousand_events_for_a_dead_endpoint_are_cut_to_the_cap_and_counted_while_others_go_on()
    {
        await using WebhookReceiver healthy = await WebhookReceiver.StartAsync();
        await using SendingHouse house = await SendingHouse.StartAsync();
        (WebhookEndpoint dead, _) = await house.AddAsync(new Uri($"http://127.0.0.1:{ServiceHost.FreePort()}/"), "dead");
        (WebhookEndpoint alive, _) = await house.AddAsync(healthy.Url, "alive");
        for (int block = 0; block < 20; block++)
            await house.TellAsync([.. Enumerable.Range(0, 5000).Select(i => house.Event($"dead{i % 700}", "dead"))]);
        house.Clock.Advance(TimeSpan.FromSeconds(31));
        house.Store.DeliverySignal.Raise();

        for (int i = 1; i <= 20; i++)
        {
            await house.TellAsync(house.Event("d1", "alive"));
            await healthy.AwaitAsync(i);
        }

        async Task<long> CountAsync(string condition) => await house.Store.Database.ReadAsync(
            session => session.First($"SELECT COUNT(*) FROM webhook_deliveries WHERE endpoint_id = @id AND {condition}", row => row.GetInt64(0), ("@id", dead.Id)),
            default);
        // What is left is the newest, and each device's queue goes on.
        await house.NudgeAsync(
            async () => await CountAsync("state = 'pending'") <= 10_000 && await CountAsync("state = 'failed'") <= 10_000 && await CountAsync("next_attempt_at IS NOT NULL") >= 700,
            seconds: 10);
        Assert.Equal(700, await CountAsync("next_attempt_at IS NOT NULL"));
        Assert.Equal(90_000, (await house.Endpoints.FindAsync(dead.Id, default))!.Dropped);
        Assert.Equal(90_000, house.Log.Where(line => line.Contains("were given up")).Sum(line => long.Parse(line.Split(": ")[1].Split(' ')[0])));
        Assert.Equal(0, (await house.Endpoints.FindAsync(alive.Id, default))!.Dropped);
    }

    [Theory]
    [Trait("row", "N6")]
    [InlineData(200)]
    [InlineData(500)]
    public async Task A_body_without_end_is_cut(int status)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<long> taken = Task.Run(() => AnswerWithoutEndAsync(listener, status));
        await using SendingHouse house = await SendingHouse.StartAsync();
        (WebhookEndpoint endpoint, _) = await house.AddAsync(new Uri($"http://{listener.LocalEndpoint}/hooks"));
        await house.TellAsync(house.Event());
        Delivery ended = await house.UntilAsync(endpoint.Id, delivery => delivery.Attempts == 1);
        Assert.Equal(status == 200 ? DeliveryState.Delivered : DeliveryState.Pending, ended.State);
        // What the kernel's buffers took counts as sent here.
        Assert.InRange(await taken.WaitAsync(Wait.Limit), 1, 16 << 20);
    }

    /// <summary>Answers one request with a gigabyte; returns how much of it was taken before the link was cut.</summary>
    private static async Task<long> AnswerWithoutEndAsync(TcpListener listener, int status)
    {
        using Socket socket = await listener.AcceptSocketAsync();
        byte[] block = new byte[16 * 1024];
        await socket.ReceiveAsync(block);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} Whatever\r\nContent-Length: {1 << 30}\r\n\r\n"));
        long sent = 0;
        try
        {
            while (sent < 1 << 30)
                sent += await socket.SendAsync(block);
        }
        catch (SocketException)
        {
            // Cut, as it should be.
        }
        return sent;
    }

    [Fact]
    [Trait("row", "N6")]
    public async Task A_body_that_never_comes_is_not_waited_for()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = async (_, _, context) =>
        {
            context.Response.StatusCode = 200;
            await context.Response.StartAsync();
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await using SendingHouse house = await SendingHouse.StartAsync();
        (WebhookEndpoint endpoint, _) = await house.AddAsync(receiver.Url);
        await house.TellAsync(house.Event());
        await receiver.AwaitAsync(1);
        DateTimeOffset began = house.Clock.GetUtcNow();
        await house.NudgeAsync(async () => (await house.DeliveryAsync(endpoint.Id)).State == DeliveryState.Delivered);
        Assert.True(house.Clock.GetUtcNow() - began < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_receiver_that_keeps_failing_is_asked_less_and_less_often()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        receiver.Always(500);
        await using SendingHouse house = await SendingHouse.StartAsync();
        await house.AddAsync(receiver.Url);
        await house.TellAsync([.. Enumerable.Range(0, 300).Select(i => house.Event($"d{i}"))]);
        await receiver.AwaitAsync(5);
        await Task.Delay(200);
        int asked = receiver.Received.Count;
        Assert.InRange(asked, 5, 13);
        receiver.Always(200);
        await house.NudgeAsync(() => Task.FromResult(receiver.Received.Select(webhook => webhook.Id).Distinct().Count() == 300));
    }

    [Fact]
    public async Task Going_down_lets_what_is_under_way_end_and_starts_no_more()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        var release = new TaskCompletionSource();
        receiver.Answer = (_, _, _) => release.Task;
        await using SendingHouse house = await SendingHouse.StartAsync();
        (WebhookEndpoint endpoint, _) = await house.AddAsync(receiver.Url);
        await house.TellAsync(house.Event("d1"), house.Event("d1"));
        await receiver.AwaitAsync(1);
        Task stopped = house.Dispatcher.StopAsync(default);
        await Task.Delay(50);
        Assert.False(stopped.IsCompleted);
        release.SetResult();
        await stopped.WaitAsync(Wait.Limit);
        Assert.Equal(DeliveryState.Delivered, (await house.DeliveryAsync(endpoint.Id, newest: 1)).State);
        Delivery next = await house.DeliveryAsync(endpoint.Id);
        Assert.Equal((DeliveryState.Pending, 0), (next.State, next.Attempts));
        Assert.Single(receiver.Received);
    }

    [Fact]
    public async Task What_is_on_the_wire_is_utf8_json_with_our_own_name()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        IHeaderDictionary? headers = null;
        receiver.Answer = (_, _, context) =>
        {
            headers = new HeaderDictionary(context.Request.Headers.ToDictionary());
            return Task.CompletedTask;
        };
        await using SendingHouse house = await SendingHouse.StartAsync();
        await house.AddAsync(receiver.Url);
        OutboxEvent happened = house.Event() with { Body = Encoding.UTF8.GetBytes("""{"message":"Ladesäule — 7,4 kW ⚡"}""") };
        await house.TellAsync(happened);
        ReceivedWebhook received = (await receiver.AwaitAsync(1))[0];
        Assert.Equal(Encoding.UTF8.GetString(happened.Body), received.Body);
        await Wait.UntilAsync(() => headers is not null, "the headers");
        Assert.Equal("application/json", headers!.ContentType.ToString());
        Assert.Equal("Amps.Ocpp/1", headers.UserAgent.ToString());
        Assert.StartsWith("msg_", received.Id);
    }
}
