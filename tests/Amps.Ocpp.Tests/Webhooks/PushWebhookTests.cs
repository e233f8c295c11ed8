using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Webhooks;

/// <summary>Ends of pushes told by webhook, on the whole service (canonical API, section 9).</summary>
public sealed class PushWebhookTests
{
    private static async Task<(ServiceHost Service, ApiClient App, TestChargePoint Charger)> HouseAsync()
    {
        ServiceHost service = await ServiceHost.StartAsync(WebhookHouse.Settings);
        ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        return (service, app, await WebhookHouse.PluggedAsync(service.Ocpp));
    }

    [Fact]
    public async Task A_completed_push_is_told_flat_and_verifies()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        (ServiceHost service, ApiClient app, TestChargePoint charger) = await HouseAsync();
        await using ServiceHost house = service;
        await using TestChargePoint peer = charger;
        (string id, string secret) = await WebhookHouse.SubscribeAsync(service.Operator, receiver.Url, "push.completed", "push.failed");
        JsonElement action = await app.RunAsync("dev1", "charge");
        ReceivedWebhook webhook = (await receiver.AwaitAsync(1))[0];
        OpenApiCheck.CheckWebhook("push.completed", webhook.Body);
        Assert.Equal("valid", await Svix.VerifyAsync(secret, webhook));
        JsonElement body = webhook.Json;
        Assert.Equal(["actionId", "deviceId", "deviceType", "command", "parameters", "result", "completedAt"], WebhookHouse.Names(body));
        Assert.Equal(action.GetProperty("id").GetString(), body.GetProperty("actionId").GetString());
        Assert.Equal("dev1", body.GetProperty("deviceId").GetString());
        Assert.Equal("ev_charger", body.GetProperty("deviceType").GetString());
        Assert.Equal("charge", body.GetProperty("command").GetString());
        Assert.Equal(JsonValueKind.Null, body.GetProperty("parameters").ValueKind);
        Assert.Equal(action.GetProperty("result").GetRawText(), body.GetProperty("result").GetRawText());
        Assert.Equal(action.GetProperty("completedAt").GetString(), body.GetProperty("completedAt").GetString());

        JsonElement deliveries = await service.Operator.UntilAsync(
            $"/operator/webhooks/{id}/deliveries", page => page.GetProperty("items")[0].GetProperty("state").GetString() == "delivered");
        JsonElement delivery = deliveries.GetProperty("items")[0];
        Assert.Equal(webhook.Id, delivery.GetProperty("id").GetString());
        Assert.Equal(webhook.Sequence, delivery.GetProperty("sequence").GetInt64().ToString());
        Assert.Equal(("push.completed", 1, 204), (delivery.GetProperty("event").GetString(), delivery.GetProperty("attempts").GetInt32(), delivery.GetProperty("lastStatus").GetInt32()));
        Assert.DoesNotContain(service.Lines, line => line.Contains(secret) || line.Contains(secret["whsec_".Length..]));
        await house.StopAsync();
        byte[] key = Convert.FromBase64String(secret["whsec_".Length..]);
        foreach (string file in Directory.EnumerateFiles(service.Data, "*", SearchOption.AllDirectories))
            Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(key));
    }

    [Fact]
    public async Task A_failed_push_adds_its_error_and_a_cancelled_one_and_a_setting_are_not_told()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        await using WebhookReceiver onlyCompleted = await WebhookReceiver.StartAsync();
        (ServiceHost service, ApiClient app, TestChargePoint charger) = await HouseAsync();
        await using ServiceHost house = service;
        await using TestChargePoint peer = charger;
        await WebhookHouse.SubscribeAsync(service.Operator, receiver.Url, "push.completed", "push.failed");
        await WebhookHouse.SubscribeAsync(service.Operator, onlyCompleted.Url, "push.completed");
        JsonElement scheduled = await app.PostAsync("/ev-charger/dev1", new { action = new { command = "charge", start = "5m" } });
        await app.PostAsync($"/actions/{scheduled.GetProperty("data").GetProperty("id").GetString()}/cancel");
        scheduled = await app.PostAsync("/ev-charger/dev1", new { action = new { command = "charge", start = "5m" } });
        Assert.True(scheduled.GetProperty("success").GetBoolean());
        await app.PostAsync("/ev-charger/dev1/settings", new { max_charge_rate = new { value = 7.4, unit = "kw" } });
        charger.On("RemoteStartTransaction", _ => new { status = "Rejected" });
        JsonElement pushed = await app.PostAsync("/ev-charger/dev1", new { action = new { command = "charge" }, onConflict = "cancel_and_replace" });
        string id = pushed.GetProperty("data").GetProperty("id").GetString()!;

        JsonElement body = (await receiver.AwaitAsync(1))[0].Json;
        OpenApiCheck.CheckWebhook("push.failed", receiver.Received[0].Body);
        Assert.Equal(["actionId", "deviceId", "deviceType", "command", "parameters", "result", "completedAt", "errorCode", "errorMessage"], WebhookHouse.Names(body));
        Assert.Equal(id, body.GetProperty("actionId").GetString());
        Assert.Equal("COMMAND_REJECTED", body.GetProperty("errorCode").GetString());
        Assert.Equal((await app.DataAsync($"/actions/{id}")).GetProperty("errorMessage").GetString(), body.GetProperty("errorMessage").GetString());
        Assert.False(body.GetProperty("result").GetProperty("success").GetBoolean());
        Assert.Single(receiver.Received);
        Assert.Empty(onlyCompleted.Received);
    }

    [Fact]
    public async Task Only_endpoints_of_the_same_customer_and_environment_are_told()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        await using WebhookReceiver others = await WebhookReceiver.StartAsync();
        (ServiceHost service, ApiClient app, TestChargePoint charger) = await HouseAsync();
        await using ServiceHost house = service;
        await using TestChargePoint peer = charger;
        await service.CustomerAsync("other");
        await WebhookHouse.SubscribeAsync(service.Operator, receiver.Url, "push.completed");
        await service.Operator.PostAsync("/operator/webhooks", new { customerId = "other", environment = "live", url = others.Url, events = new[] { "push.completed" } });
        await service.Operator.PostAsync("/operator/webhooks", new { customerId = "customer", environment = "sandbox", url = others.Url, events = new[] { "push.completed" } });
        await app.RunAsync("dev1", "charge");
        await receiver.AwaitAsync(1);
        Assert.Empty(others.Received);
    }

    [Fact]
    public async Task A_delivery_under_way_when_the_service_stops_is_made_again_after_the_start_with_the_same_id()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = async (_, before, context) =>
        {
            if (before == 0)
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        string data = Directory.CreateTempSubdirectory("amps-test-").FullName;
        await using (ServiceHost service = await ServiceHost.StartOnAsync(data, WebhookHouse.Settings))
        {
            using ApiClient app = await service.CustomerAsync();
            await service.RegisterAsync("CP1", "customer", "dev1");
            await using TestChargePoint charger = await WebhookHouse.PluggedAsync(service.Ocpp);
            await WebhookHouse.SubscribeAsync(service.Operator, receiver.Url, "push.completed");
            await app.RunAsync("dev1", "charge");
            await receiver.AwaitAsync(1);
        }
        await using (await ServiceHost.StartOnAsync(data, WebhookHouse.Settings))
        {
            IReadOnlyList<ReceivedWebhook> received = await receiver.AwaitAsync(2);
            Assert.Equal(received[0].Id, received[1].Id);
            Assert.Equal(received[0].Body, received[1].Body);
        }
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    [Trait("row", "N9")]
    public async Task Killed_in_the_middle_of_a_delivery_the_service_makes_it_again_and_tells_the_end_of_what_it_had_begun()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = async (_, before, context) =>
        {
            if (before == 0)
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        string data = Directory.CreateTempSubdirectory("amps-test-").FullName;
        string secret;
        string begun;
        await using (ServiceProcess service = await ServiceProcess.StartReadyAsync(data, WebhookHouse.Settings))
        {
            using ApiClient app = await service.CustomerAsync();
            await service.RegisterAsync("CP1", "customer", "dev1");
            await service.RegisterAsync("CP2", "customer", "dev2");
            await using TestChargePoint first = await WebhookHouse.PluggedAsync(service.Ocpp, "CP1");
            await using TestChargePoint second = await WebhookHouse.PluggedAsync(service.Ocpp, "CP2");
            (_, secret) = await WebhookHouse.SubscribeAsync(service.Operator, receiver.Url, "push.completed", "push.failed");
            await app.RunAsync("dev1", "charge");
            await receiver.AwaitAsync(1);
            second.On("RemoteStartTransaction", _ => null);
            // In service once its boot is on disk and it has called since.
            await service.Operator.UntilAsync("/operator/charge-points/CP2", shown => shown.GetProperty("boot").ValueKind == JsonValueKind.Object);
            await second.CallAsync("Heartbeat", new { });
            JsonElement pushed = await app.PostAsync("/ev-charger/dev2", new { action = new { command = "charge" } });
            begun = pushed.GetProperty("data").GetProperty("id").GetString()!;
            await second.ReceiveAsync("RemoteStartTransaction");
            await service.KillAsync();
        }
        await using (await ServiceProcess.StartReadyAsync(data, WebhookHouse.Settings))
        {
            IReadOnlyList<ReceivedWebhook> received = await receiver.AwaitAsync(3);
            Assert.Equal(received[0].Id, Assert.Single(received.Skip(1), webhook => webhook.Body == received[0].Body).Id);
            ReceivedWebhook failed = Assert.Single(received, webhook => webhook.Json.GetProperty("actionId").GetString() == begun);
            Assert.Equal("valid", await Svix.VerifyAsync(secret, failed));
            Assert.Equal("CHARGER_TIMEOUT", failed.Json.GetProperty("errorCode").GetString());
            Assert.Equal("unknown", failed.Json.GetProperty("result").GetProperty("outcome").GetString());
        }
        Directory.Delete(data, recursive: true);
    }
}
