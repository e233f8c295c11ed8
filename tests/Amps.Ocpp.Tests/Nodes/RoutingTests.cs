using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Mqtt.Native;
using Amps.Ocpp.Tests.Mqtt;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Nodes;

/// <summary>Any request on any node, whichever holds the charge point.</summary>
public sealed class RoutingTests(House house) : IClassFixture<House>
{
    [Fact]
    public async Task A_command_reaches_the_node_that_holds_the_charge_point_and_its_end_is_seen_on_both()
    {
        await using TestChargePoint charger = await house.ChargerAsync(house.A, "R 1+x", "r1");
        await House.OnlineAsync(house.AppB, "r1");

        JsonElement charged = await house.AppB.RunAsync("r1", "charge");

        Assert.Equal("completed", charged.GetProperty("state").GetString());
        Assert.Equal("StartTransaction", charged.GetProperty("result").GetProperty("confirmedBy").GetString());
        Assert.Single(charger.Frames, frame => frame.Contains("RemoteStartTransaction", StringComparison.Ordinal));
        string id = charged.GetProperty("id").GetString()!;
        await house.AppA.UntilAsync($"/actions/{id}", action => action.GetProperty("state").GetString() == "completed");
        await house.AppB.UntilAsync("/ev-charger/r1", data => data.GetProperty("state").GetProperty("status").GetString() == "charging");
        Assert.Equal("completed", (await house.AppB.RunAsync("r1", "idle")).GetProperty("state").GetString());
        await house.AppA.UntilAsync("/ev-charger/r1", data => data.GetProperty("state").GetProperty("status").GetString() == "paused");
    }

    [Fact]
    public async Task A_client_that_listens_to_everything_changes_nothing_and_sees_no_local_command()
    {
        await using MosquittoClient debugger = await MqttClients.ConnectAsync(house.Broker.Port);
        ChannelReader<MqttMessage> all = await debugger.ListenAsync("#", capacity: 100_000);
        await using TestChargePoint charger = await house.ChargerAsync(house.A, "R2", "r2");
        await House.OnlineAsync(house.AppB, "r2");

        Assert.Equal("completed", (await house.AppA.RunAsync("r2", "charge")).GetProperty("state").GetString());
        List<string> local = [.. Drain(all).Where(message => message.Topic.EndsWith("/command", StringComparison.Ordinal)).Select(message => message.Topic)];
        Assert.Empty(local);

        Assert.Equal("completed", (await house.AppB.RunAsync("r2", "idle")).GetProperty("state").GetString());
        Assert.Contains(Drain(all), message => message.Topic == "amps/v1/charge-points/R2/command");

        await charger.DisposeAsync();
        await Wait.UntilAsync(async () => await OfflineAsync(house.AppB, "r2"), "the charger is offline on B");
    }

    [Fact]
    public async Task A_charge_point_that_nobody_holds_is_offline_at_once()
    {
        TestChargePoint charger = await house.ChargerAsync(house.A, "R3", "r3");
        await House.OnlineAsync(house.AppB, "r3");
        await charger.DisposeAsync();
        await Wait.UntilAsync(async () => await OfflineAsync(house.AppB, "r3"), "the charger is offline on B");

        long start = Environment.TickCount64;
        Assert.True(await OfflineAsync(house.AppB, "r3"));
        Assert.InRange(Environment.TickCount64 - start, 0, 2000);
    }

    [Fact]
    public async Task Operators_call_look_and_read_frames_from_any_node()
    {
        await using TestChargePoint charger = await house.ChargerAsync(house.A, "R4", "r4");
        charger.On("ClearCache", _ => new { status = "Accepted" });
        await House.OnlineAsync(house.AppB, "r4");

        JsonElement called = await house.B.Operator.PostAsync("/operator/charge-points/R4/calls", new { action = "ClearCache", payload = new { } });
        Assert.Equal("Accepted", called.GetProperty("data").GetProperty("result").GetProperty("status").GetString());

        JsonElement refused = await house.B.Operator.PostAsync("/operator/charge-points/R4/calls", new { action = "Reset", payload = new { type = "Medium" } });
        Assert.Equal("VALIDATION_ERROR", refused.GetProperty("error").GetProperty("code").GetString());

        JsonElement link = await house.B.Operator.DataAsync("/operator/charge-points/R4");
        Assert.True(link.GetProperty("link").GetProperty("online").GetBoolean(), link.ToString());
        Assert.Equal("1.6", link.GetProperty("link").GetProperty("ocppVersion").GetString());

        JsonElement frames = await house.B.Operator.DataAsync("/operator/charge-points/R4/frames?limit=5");
        Assert.Equal(5, frames.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_live_read_asks_the_charger_through_the_node_that_holds_it()
    {
        await using TestChargePoint charger = await house.ChargerAsync(house.A, "R5", "r5");
        charger.On("TriggerMessage", call =>
        {
            bool meter = call.GetProperty("requestedMessage").GetString() == "MeterValues";
            charger.Later(() => meter ? charger.PowerAsync(1234) : charger.StatusAsync("Preparing"));
            return new { status = "Accepted" };
        });
        await house.AppB.UntilAsync("/ev-charger/r5?expedite=true", data => data.GetProperty("metadata").GetProperty("source").GetString() == "live");
        Assert.Contains(charger.Frames, frame => frame.Contains("TriggerMessage", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cap_written_on_one_node_reaches_the_charge_point_of_the_other()
    {
        await using TestChargePoint charger = await house.ChargerAsync(house.A, "R6", "r6");
        charger.On("SetChargingProfile", _ => new { status = "Accepted" });
        await House.OnlineAsync(house.AppB, "r6");

        await house.AppB.PostAsync("/ev-charger/r6/settings", new { max_charge_rate = new { value = 7.4, unit = "kw" } });

        await charger.ReceiveAsync("SetChargingProfile");
        await house.AppA.UntilAsync("/ev-charger/r6", data => data.GetProperty("settings").GetProperty("max_charge_rate").GetProperty("value").GetDouble() == 7.4);
    }

    [Fact]
    [Trait("row", "C16")]
    public async Task A_charge_point_that_moves_is_taken_over_whatever_the_old_node_believes()
    {
        const string Password = "password-of-charge-point-7";
        await using TestChargePoint old = await house.ChargerAsync(house.A, "R7", "r7", Password);
        await House.OnlineAsync(house.AppB, "r7");
        await using MosquittoClient client = await MqttClients.ConnectAsync(house.Broker.Port);

        await using TestChargePoint moved = await House.ConnectAsync(house.B, "R7", Password);

        await old.Closed.WaitAsync(Wait.Limit);
        await Wait.UntilAsync(async () => (await house.AppA.RunAsync("r7", "charge")).GetProperty("state").GetString() == "completed", "a command on A reaches B");
        Assert.Contains(moved.Frames, frame => frame.Contains("RemoteStartTransaction", StringComparison.Ordinal));
        Assert.DoesNotContain(old.Frames, frame => frame.Contains("RemoteStartTransaction", StringComparison.Ordinal));
        ChannelReader<MqttMessage> link = await client.ListenAsync("amps/v1/ev-chargers/r7/link");
        using JsonDocument told = JsonDocument.Parse((await Wait.ForAsync(link.ReadAsync())).Payload);
        Assert.Equal("b", told.RootElement.GetProperty("node").GetString());
        Assert.True(told.RootElement.GetProperty("online").GetBoolean());

        // And back again: A must not go on from what it remembered.
        await using TestChargePoint back = await House.ConnectAsync(house.A, "R7", Password);
        await moved.Closed.WaitAsync(Wait.Limit);
        await Wait.UntilAsync(async () => (await house.AppB.RunAsync("r7", "idle")).GetProperty("state").GetString() == "completed", "a command on B reaches A");
    }

    [Fact]
    public async Task A_duplicate_without_credentials_is_refused_on_another_node_too_while_the_first_link_lives()
    {
        await using TestChargePoint first = await house.ChargerAsync(house.A, "R8", "r8");
        await House.OnlineAsync(house.AppB, "r8");
        await Assert.ThrowsAnyAsync<Exception>(() => TestChargePoint.ConnectAsync(house.B.Ocpp, "R8"));
        await first.StatusAsync("Available");
    }

    [Fact]
    public async Task A_key_revoked_on_one_node_is_refused_on_the_other_within_a_second()
    {
        JsonElement made = (await house.A.Operator.PostAsync("/operator/keys", new { customerId = "customer", environment = "live", permissions = new[] { "read" } })).GetProperty("data");
        using var app = new ApiClient(house.B.Api, made.GetProperty("key").GetString()!);
        await Wait.UntilAsync(async () => (await app.TrySendAsync(HttpMethod.Get, "/ev-charger", null)).Status == HttpStatusCode.OK, "the key is known on B");

        await house.A.Operator.SendAsync(HttpMethod.Delete, $"/operator/keys/{made.GetProperty("id").GetString()}", null);

        long start = Environment.TickCount64;
        await Wait.UntilAsync(async () => (await app.TrySendAsync(HttpMethod.Get, "/ev-charger", null)).Status == HttpStatusCode.Unauthorized, "the key is refused on B");
        Assert.InRange(Environment.TickCount64 - start, 0, 3000);
    }

    [Fact]
    public async Task A_charge_point_removed_on_one_node_loses_its_link_on_the_other()
    {
        await using TestChargePoint charger = await house.ChargerAsync(house.A, "R9", "r9");
        await house.B.Operator.SendAsync(HttpMethod.Delete, "/operator/charge-points/R9", null);
        await charger.Closed.WaitAsync(Wait.Limit);
        await Wait.UntilAsync(async () => (await house.AppA.TrySendAsync(HttpMethod.Get, "/ev-charger/r9", null)).Status == HttpStatusCode.NotFound, "A does not know it any more");
    }

    [Fact]
    public async Task Changes_of_one_charge_point_made_on_both_nodes_at_once_are_all_kept()
    {
        await house.A.RegisterAsync("R10", "customer", "r10");
        await House.KnownAsync(house.B, "R10");
        await Task.WhenAll(
            house.A.Operator.SendAsync(HttpMethod.Put, "/operator/charge-points/R10", new { vendor = "Vendor" }),
            house.B.Operator.SendAsync(HttpMethod.Put, "/operator/charge-points/R10", new { phases = 1 }),
            house.B.Operator.SendAsync(HttpMethod.Put, "/operator/charge-points/R10", new { ratedPowerKw = 7 }));
        foreach (ServiceHost node in new[] { house.A, house.B })
        {
            await node.Operator.UntilAsync("/operator/charge-points/R10", record =>
                record.ToString() is var text && text.Contains("\"Vendor\"", StringComparison.Ordinal) && text.Contains("\"phases\":1", StringComparison.Ordinal)
                    && text.Contains("\"ratedPowerKw\":7", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_scheduled_push_and_its_window_happen_once_whichever_node_took_it()
    {
        await using TestChargePoint charger = await house.ChargerAsync(house.A, "R11", "r11");
        await House.OnlineAsync(house.AppB, "r11");
        JsonElement pushed = await house.AppB.PostAsync("/ev-charger/r11", new
        {
            action = new { command = "charge", start = Soon(2), end = Soon(4) },
        });
        Assert.True(pushed.GetProperty("success").GetBoolean(), pushed.ToString());
        string id = pushed.GetProperty("data").GetProperty("id").GetString()!;
        await house.AppA.UntilAsync($"/actions/{id}", action => action.GetProperty("state").GetString() == "completed");
        await charger.ReceiveAsync("RemoteStopTransaction");
        await house.AppA.UntilAsync("/ev-charger/r11", data => data.GetProperty("state").GetProperty("status").GetString() == "paused");
        await Task.Delay(1500);
        Assert.Single(charger.Frames, frame => frame.Contains("RemoteStartTransaction", StringComparison.Ordinal));
        Assert.Single(charger.Frames, frame => frame.Contains("RemoteStopTransaction", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_push_replaced_on_another_node_is_given_up_there()
    {
        await using TestChargePoint charger = await house.ChargerAsync(house.A, "R12", "r12");
        charger.On("RemoteStartTransaction", _ => new { status = "Accepted" });
        await House.OnlineAsync(house.AppB, "r12");
        JsonElement first = await house.AppB.PostAsync("/ev-charger/r12", new { action = new { command = "charge" } });
        await charger.ReceiveAsync("RemoteStartTransaction");

        JsonElement second = await house.AppA.PostAsync("/ev-charger/r12", new { action = new { command = "idle" }, onConflict = "cancel_and_replace" });
        Assert.True(second.GetProperty("success").GetBoolean(), second.ToString());

        string old = first.GetProperty("data").GetProperty("id").GetString()!;
        await house.AppB.UntilAsync($"/actions/{old}", action => action.GetProperty("state").GetString() == "cancelled");
        string id = second.GetProperty("data").GetProperty("id").GetString()!;
        await house.AppB.UntilAsync($"/actions/{id}", action => action.GetProperty("state").GetString() is "completed" or "failed", seconds: 40);
    }

    [Fact]
    public async Task A_new_node_reads_and_commands_like_the_others()
    {
        await using TestChargePoint charger = await house.ChargerAsync(house.A, "R13", "r13");
        await using ServiceHost c = await house.StartAsync("c");
        using var app = new ApiClient(c.Api, house.AppA.Key);
        await House.OnlineAsync(app, "r13");
        Assert.Equal("completed", (await app.RunAsync("r13", "charge")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_sandbox_runs_on_one_node_and_is_used_from_both()
    {
        using ApiClient here = await house.A.CustomerAsync("sandboxed", "sandbox");
        using var there = new ApiClient(house.B.Api, here.Key);
        await Wait.UntilAsync(async () => (await there.GetAsync("/ev-charger")).GetProperty("success").GetBoolean(), "B knows the key");
        await Task.WhenAll(here.GetAsync("/ev-charger/device_ev_001"), there.GetAsync("/ev-charger/device_ev_001"));
        foreach (ApiClient app in new[] { here, there, here, there })
        {
            await app.UntilAsync("/ev-charger/device_ev_001", data => data.GetProperty("sync").GetProperty("available").GetBoolean());
            JsonElement pushed = await app.PostAsync("/ev-charger/device_ev_001", new { action = new { command = "charge" }, sandbox = new { outcome = "reject" } });
            Assert.True(pushed.GetProperty("success").GetBoolean(), pushed.ToString());
            string id = pushed.GetProperty("data").GetProperty("id").GetString()!;
            JsonElement ended = await app.UntilAsync($"/actions/{id}", action => action.GetProperty("state").GetString() is "completed" or "failed", seconds: 40);
            Assert.Equal("COMMAND_REJECTED", ended.GetProperty("errorCode").GetString());
        }
    }

    private static string Soon(double seconds) => DateTime.UtcNow.AddSeconds(seconds).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);

    private static async Task<bool> OfflineAsync(ApiClient app, string device)
    {
        JsonElement answer = await app.PostAsync($"/ev-charger/{device}", new { action = new { command = "charge" }, onConflict = "cancel_and_replace" });
        return !answer.GetProperty("success").GetBoolean() && answer.GetProperty("error").GetProperty("code").GetString() == "DEVICE_OFFLINE";
    }

    private static List<MqttMessage> Drain(ChannelReader<MqttMessage> messages)
    {
        var all = new List<MqttMessage>();
        while (messages.TryRead(out MqttMessage? message))
            all.Add(message);
        return all;
    }
}
