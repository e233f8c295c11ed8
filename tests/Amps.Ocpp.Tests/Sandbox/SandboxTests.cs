using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Mqtt.Native;
using Amps.Ocpp.Tests.Mqtt;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Sandbox;

/// <summary>The sandbox (canonical API, section 8): three devices a customer, the whole surface, every outcome.</summary>
public sealed class SandboxTests
{
    private const string Confirmation = "Amps:Actions:ConfirmationTimeoutSeconds=5";

    private static string Source(JsonElement read) => read.GetProperty("metadata").GetProperty("source").GetString()!;

    private static string Status(JsonElement read) => read.GetProperty("state").GetProperty("status").GetString()!;

    private static async Task<JsonElement> EndAsync(ApiClient app, string device, object body)
    {
        JsonElement pushed = await app.PostAsync($"/ev-charger/{device}", body);
        Assert.True(pushed.GetProperty("success").GetBoolean(), pushed.ToString());
        string id = pushed.GetProperty("data").GetProperty("id").GetString()!;
        return await app.UntilAsync($"/actions/{id}", action => action.GetProperty("state").GetString() is "completed" or "failed" or "cancelled", seconds: 40);
    }

    [Fact]
    public async Task A_new_customers_sandbox_holds_the_three_devices_and_they_can_be_charged_capped_and_idled()
    {
        await using ServiceHost service = await ServiceHost.StartAsync();
        using ApiClient app = await service.CustomerAsync("acme", "sandbox");
        JsonElement list = await app.DataAsync("/ev-charger");
        Assert.Equal(["device_ev_001", "device_ev_002", "device_ev_003"], list.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
        Assert.Equal(["preparing", "available", "faulted"], list.GetProperty("items").EnumerateArray().Select(Status));
        Assert.All(list.GetProperty("items").EnumerateArray(), item => Assert.Equal("projection", Source(item)));

        JsonElement read = await app.DataAsync("/ev-charger/device_ev_001");
        Assert.Equal((7.36, 32.0), (read.GetProperty("state").GetProperty("powerRateLimit").GetDouble(), read.GetProperty("state").GetProperty("maxCurrent").GetDouble()));
        Assert.True(read.GetProperty("sync").GetProperty("available").GetBoolean());
        Assert.Equal("completed", (await app.RunAsync("device_ev_001", "charge")).GetProperty("state").GetString());
        await app.UntilAsync("/ev-charger/device_ev_001", r => Status(r) == "charging" && r.GetProperty("state").GetProperty("currentPower") is { ValueKind: JsonValueKind.Number } power && power.GetDouble() == 7.36);
        await app.PostAsync("/ev-charger/device_ev_001/settings", new { max_charge_rate = new { value = 3.68, unit = "kw" } });
        await app.UntilAsync("/ev-charger/device_ev_001", r => r.GetProperty("state").GetProperty("maxCurrent").GetDouble() == 16);
        JsonElement idled = await app.RunAsync("device_ev_001", "idle");
        Assert.Equal("device_ev_001", idled.GetProperty("deviceId").GetString());
        await app.UntilAsync("/ev-charger/device_ev_001", r => Status(r) == "paused");
        JsonElement actions = await app.DataAsync("/actions?deviceId=device_ev_001");
        Assert.Equal(2, actions.GetProperty("pagination").GetProperty("total").GetInt32());
    }

    [Theory]
    [InlineData("charge", "complete", "completed", null)]
    [InlineData("charge", "reject", "failed", "COMMAND_REJECTED")]
    [InlineData("charge", "timeout", "failed", "CHARGER_TIMEOUT")]
    [InlineData("charge", "offline", "failed", "DEVICE_OFFLINE")]
    [InlineData("charge", "fault", "failed", "CHARGER_FAULTED")]
    [InlineData("idle", "complete", "completed", null)]
    [InlineData("idle", "reject", "failed", "COMMAND_REJECTED")]
    [InlineData("idle", "timeout", "failed", "CHARGER_TIMEOUT")]
    [InlineData("idle", "offline", "failed", "DEVICE_OFFLINE")]
    [InlineData("idle", "fault", "failed", "CHARGER_FAULTED")]
    public async Task Each_outcome_comes_when_asked_for_on_any_device_whatever_was_before(string command, string outcome, string state, string? code)
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", Confirmation);
        using ApiClient app = await service.CustomerAsync("acme", "sandbox");
        foreach (string device in new[] { "device_ev_001", "device_ev_002", "device_ev_003" })
        {
            // After an outcome of offline the charge point needs a moment to come back.
            JsonElement ended = default;
            await Wait.UntilAsync(async () =>
            {
                JsonElement pushed = await app.PostAsync($"/ev-charger/{device}", new { action = new { command }, sandbox = new { outcome } });
                if (!pushed.GetProperty("success").GetBoolean())
                    return false;
                ended = await app.UntilAsync($"/actions/{pushed.GetProperty("data").GetProperty("id").GetString()}", a => a.GetProperty("state").GetString() != "acknowledged");
                return true;
            }, "the device is there");
            Assert.Equal((state, code), (ended.GetProperty("state").GetString(), ended.GetProperty("errorCode").GetString()));
        }
    }

    [Fact]
    public async Task A_delay_keeps_the_action_under_way_and_a_scheduled_push_keeps_its_outcome()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", Confirmation);
        using ApiClient app = await service.CustomerAsync("acme", "sandbox");
        JsonElement pushed = await app.PostAsync("/ev-charger/device_ev_001", new { action = new { command = "charge" }, sandbox = new { outcome = "complete", delayMs = 4000 } });
        string id = pushed.GetProperty("data").GetProperty("id").GetString()!;
        await Task.Delay(1000);
        Assert.Equal("acknowledged", (await app.DataAsync($"/actions/{id}")).GetProperty("state").GetString());
        Assert.Equal("completed", (await app.UntilAsync($"/actions/{id}", a => a.GetProperty("state").GetString() != "acknowledged")).GetProperty("state").GetString());
        JsonElement scheduled = await EndAsync(app, "device_ev_001", new { action = new { command = "idle", start = "0.02m" }, sandbox = new { outcome = "reject" } });
        Assert.Equal("COMMAND_REJECTED", scheduled.GetProperty("errorCode").GetString());
    }

    [Fact]
    public async Task Without_controls_the_devices_do_what_they_are()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", Confirmation);
        using ApiClient app = await service.CustomerAsync("acme", "sandbox");
        Assert.Equal("completed", (await app.RunAsync("device_ev_001", "charge")).GetProperty("state").GetString());
        Assert.Equal("VEHICLE_NOT_CONNECTED", (await app.RunAsync("device_ev_002", "charge")).GetProperty("errorCode").GetString());
        Assert.Equal("CHARGER_FAULTED", (await app.RunAsync("device_ev_003", "charge")).GetProperty("errorCode").GetString());
    }

    [Fact]
    public async Task Customers_and_environments_see_nothing_of_one_another()
    {
        await using ServiceHost service = await ServiceHost.StartAsync();
        using ApiClient acme = await service.CustomerAsync("acme", "sandbox");
        using ApiClient live = await service.CustomerAsync("acme");
        using ApiClient other = await service.CustomerAsync("other", "sandbox");
        await service.RegisterAsync("CP1", "acme", "dev1");
        await EndAsync(acme, "device_ev_001", new { action = new { command = "charge" } });
        await other.UntilAsync("/ev-charger/device_ev_001", read => Status(read) == "preparing");
        await acme.UntilAsync("/ev-charger/device_ev_001", read => Status(read) == "charging");
        Assert.Equal(0, (await other.DataAsync("/actions")).GetProperty("pagination").GetProperty("total").GetInt32());
        Assert.Equal(0, (await live.DataAsync("/actions")).GetProperty("pagination").GetProperty("total").GetInt32());
        Assert.Equal(["dev1"], (await live.DataAsync("/ev-charger")).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
        Assert.Equal(HttpStatusCode.NotFound, (await live.TrySendAsync(HttpMethod.Get, "/ev-charger/device_ev_001", null)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await acme.TrySendAsync(HttpMethod.Get, "/ev-charger/dev1", null)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await acme.TrySendAsync(HttpMethod.Get, "/ev-charger/acme~device_ev_001", null)).Status);

        await using MosquittoClient observer = await MqttClients.ConnectAsync(service.MqttPort);
        ChannelReader<MqttMessage> sandbox = await observer.ListenAsync("amps/v1/sandbox/acme/ev-chargers/device_ev_001/state");
        Assert.Equal("charging", JsonDocument.Parse((await sandbox.NextAsync()).Payload).RootElement.GetProperty("status").GetString());
        ChannelReader<MqttMessage> states = await observer.ListenAsync("amps/v1/ev-chargers/+/state");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        Assert.Equal("amps/v1/ev-chargers/dev1/state", (await states.NextAsync()).Topic);
    }

    [Fact]
    public async Task The_sandbox_object_is_checked_with_both_keys_and_acts_only_in_the_sandbox()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient live = await service.CustomerAsync("acme");
        await service.RegisterAsync("CP1", "acme", "dev1");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        charger.On("RemoteStartTransaction", call =>
        {
            charger.Later(() => charger.StartAsync(call.GetProperty("idTag").GetString()!));
            return new { status = "Accepted" };
        });
        await charger.StatusAsync("Preparing");
        JsonElement refused = await live.PostAsync("/ev-charger/dev1", new { action = new { command = "charge" }, sandbox = new { outcome = "explode", delayMs = 180_001 } });
        Assert.Equal("VALIDATION_ERROR", refused.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(2, refused.GetProperty("error").GetProperty("details").GetProperty("errors").GetArrayLength());
        JsonElement ended = await EndAsync(live, "dev1", new { action = new { command = "charge" }, sandbox = new { outcome = "reject", delayMs = 180_000 } });
        Assert.Equal("completed", ended.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_scheduled_push_brings_its_sandbox_up_again_after_a_restart()
    {
        string data = Directory.CreateTempSubdirectory("amps-sandbox-").FullName;
        try
        {
            string key, id;
            await using (ServiceHost first = await ServiceHost.StartOnAsync(data, "Amps:Mqtt:Mode=Off"))
            {
                using ApiClient app = await first.CustomerAsync("acme", "sandbox");
                key = app.Key!;
                await EndAsync(app, "device_ev_001", new { action = new { command = "charge" } });
                id = (await app.PostAsync("/ev-charger/device_ev_001", new { action = new { command = "idle", start = "0.05m" } })).GetProperty("data").GetProperty("id").GetString()!;
            }
            await using ServiceHost second = await ServiceHost.StartOnAsync(data, "Amps:Mqtt:Mode=Off");
            using var operators = second.Operator;
            // Nobody asks for the sandbox: its own push does.
            await operators.UntilAsync("/operator/charge-points", list => list.GetProperty("items").EnumerateArray().All(item => item.GetProperty("link").GetProperty("online").GetBoolean()));
            using var again = new ApiClient(second.Api, key);
            JsonElement ended = await again.UntilAsync($"/actions/{id}", a => a.GetProperty("state").GetString() is "completed" or "failed");
            Assert.Equal("completed", ended.GetProperty("state").GetString());
            // The transaction of the first life was ended by the charge point as a power loss, and is in nobody's way.
            await again.UntilAsync("/ev-charger/device_ev_001", read => Status(read) is "preparing" or "finishing");
            Assert.Equal("completed", (await again.RunAsync("device_ev_001", "charge")).GetProperty("state").GetString());
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }
}
