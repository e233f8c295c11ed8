using System.Text.Json;
using Amps.Ocpp.Model;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Webhooks;

/// <summary>Coming and going of devices told by webhook, on the whole service.</summary>
public sealed class DeviceWebhookTests
{
    [Fact]
    public async Task The_first_accepted_boot_is_told_once_for_each_device()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        string data = Directory.CreateTempSubdirectory("amps-test-").FullName;
        await using (ServiceHost service = await ServiceHost.StartOnAsync(data, WebhookHouse.Settings))
        {
            await service.CustomerAsync();
            await service.RegisterAsync("CP1", "customer", new { admission = "pending" }, "left", "right");
            (_, string secret) = await WebhookHouse.SubscribeAsync(service.Operator, receiver.Url, [.. OutboxEventTypes.All]);
            await using TestChargePoint charger = await TestChargePoint.ConnectAsync(service.Ocpp, "CP1");
            object boot = new { chargePointVendor = "Test", chargePointModel = "Scripted" };
            Assert.Equal("Pending", (await charger.CallAsync("BootNotification", boot)).GetProperty("status").GetString());
            await Task.Delay(1500);
            Assert.Empty(receiver.Received);
            await service.RegisterAsync("CP1", "customer", new { admission = "accepted" }, "left", "right");
            Assert.Equal("Accepted", (await charger.CallAsync("BootNotification", boot)).GetProperty("status").GetString());
            IReadOnlyList<ReceivedWebhook> received = await receiver.AwaitAsync(2);
            Assert.Equal(["left", "right"], received.Select(webhook => webhook.Json.GetProperty("deviceId").GetString()).Order());
            foreach (ReceivedWebhook webhook in received)
            {
                Assert.Equal("valid", await Svix.VerifyAsync(secret, webhook));
                OpenApiCheck.CheckWebhook("device.connected", webhook.Body);
                Assert.Equal(["deviceId", "deviceType", "timestamp"], WebhookHouse.Names(webhook.Json));
                Assert.Equal("ev_charger", webhook.Json.GetProperty("deviceType").GetString());
                Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", webhook.Json.GetProperty("timestamp").GetString());
            }
        }
        await using (ServiceHost service = await ServiceHost.StartOnAsync(data, WebhookHouse.Settings))
        {
            await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
            await Task.Delay(1500);
            Assert.Equal(2, receiver.Received.Count);
        }
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task In_the_sandbox_everything_is_told_under_the_names_that_apps_know()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        await using ServiceHost service = await ServiceHost.StartAsync(WebhookHouse.Settings);
        using ApiClient app = await service.CustomerAsync("customer", "sandbox");
        JsonElement made = await service.Operator.PostAsync(
            "/operator/webhooks", new { customerId = "customer", environment = "sandbox", url = receiver.Url, events = OutboxEventTypes.All });
        string id = made.GetProperty("data").GetProperty("id").GetString()!;
        await app.UntilAsync("/ev-charger/device_ev_001", read => read.GetProperty("state").GetProperty("isConnected").GetBoolean());
        JsonElement action = await app.RunAsync("device_ev_001", "charge", seconds: 40);
        Assert.Equal("completed", action.GetProperty("state").GetString());
        await Wait.UntilAsync(
            () => receiver.Received.Any(webhook => webhook.Json.TryGetProperty("actionId", out JsonElement told) && told.GetString() == action.GetProperty("id").GetString()),
            "the end of the push");
        await receiver.AwaitAsync(4);
        Assert.Equal(
            ["device_ev_001", "device_ev_002", "device_ev_003"],
            receiver.Received.Where(webhook => webhook.Json.TryGetProperty("timestamp", out _)).Select(webhook => webhook.Json.GetProperty("deviceId").GetString()).Order());
        Assert.All(receiver.Received, webhook => Assert.DoesNotContain("~", webhook.Body, StringComparison.Ordinal));
        JsonElement page = await service.Operator.DataAsync($"/operator/webhooks/{id}/deliveries");
        Assert.All(page.GetProperty("items").EnumerateArray(), delivery => Assert.StartsWith("device_ev_", delivery.GetProperty("deviceId").GetString()));
    }
}
