using System.Globalization;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Actions;

/// <summary>Scheduled and windowed pushes on the whole house.</summary>
public abstract class ScheduledActionTests(HouseStore store)
{
    private const int Soon = 2;

    private static string Local(double seconds) => DateTime.UtcNow.AddSeconds(seconds).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);

    private static async Task<TestChargePoint> ChargerAsync(ServiceHost service)
    {
        TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        charger.ObeyCommands();
        await charger.StatusAsync("Preparing");
        return charger;
    }

    private static Task<JsonElement> EndAsync(ApiClient app, string id) =>
        app.UntilAsync($"/actions/{id}", action => action.GetProperty("state").GetString() is "completed" or "failed" or "cancelled");

    private static async Task<string> PushAsync(ApiClient app, object action, string? onConflict = null)
    {
        JsonElement pushed = await app.PostAsync("/ev-charger/dev1", onConflict is null ? new { action } : (object)new { action, onConflict });
        Assert.True(pushed.GetProperty("success").GetBoolean(), pushed.ToString());
        return pushed.GetProperty("data").GetProperty("id").GetString()!;
    }

    [Fact]
    public async Task A_scheduled_push_fires_once_at_its_start_and_is_shown_until_then()
    {
        await using ServiceHost service = await store.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await ChargerAsync(service);
        JsonElement pushed = await app.PostAsync("/ev-charger/dev1", new { action = new { command = "charge", start = "0.04m" } });
        JsonElement data = pushed.GetProperty("data");
        Assert.Equal("scheduled", data.GetProperty("state").GetString());
        string id = data.GetProperty("id").GetString()!;
        JsonElement schedule = (await app.DataAsync("/ev-charger/dev1")).GetProperty("currentSchedule");
        Assert.Equal(id, schedule.GetProperty("actionId").GetString());

        JsonElement ended = await EndAsync(app, id);
        Assert.Equal("completed", ended.GetProperty("state").GetString());
        DateTime start = ended.GetProperty("start").GetDateTime();
        Assert.Equal(data.GetProperty("start").GetDateTime(), start);
        Assert.True(ended.GetProperty("acknowledgedAt").GetDateTime() >= start);
        Assert.Equal(JsonValueKind.Null, (await app.DataAsync("/ev-charger/dev1")).GetProperty("currentSchedule").ValueKind);
        Assert.Single(charger.Frames, frame => frame.Contains("RemoteStartTransaction"));
    }

    [Fact]
    public async Task A_window_ends_with_the_charger_idled()
    {
        await using ServiceHost service = await store.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await ChargerAsync(service);
        string id = await PushAsync(app, new { command = "charge", start = Local(Soon), end = Local(Soon + 3) });
        Assert.Equal("completed", (await EndAsync(app, id)).GetProperty("state").GetString());
        await app.UntilAsync("/ev-charger/dev1", read => read.GetProperty("state").GetProperty("status").GetString() == "paused");
        Assert.Equal(id, (await app.DataAsync("/ev-charger/dev1")).GetProperty("lastAction").GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_later_push_takes_a_window_over()
    {
        await using ServiceHost service = await store.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await ChargerAsync(service);
        string id = await PushAsync(app, new { command = "charge", start = Local(Soon), end = Local(Soon + 3) });
        await EndAsync(app, id);
        await EndAsync(app, await PushAsync(app, new { command = "charge" }));
        await Task.Delay(TimeSpan.FromSeconds(4));
        Assert.Equal("charging", (await app.DataAsync("/ev-charger/dev1")).GetProperty("state").GetProperty("status").GetString());
        Assert.DoesNotContain(charger.Frames, frame => frame.Contains("RemoteStopTransaction"));
    }

    [Fact]
    public async Task A_scheduled_push_can_be_cancelled_and_replaced_and_then_never_fires()
    {
        await using ServiceHost service = await store.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await ChargerAsync(service);
        string first = await PushAsync(app, new { command = "charge", start = "0.04m" });
        JsonElement conflict = await app.PostAsync("/ev-charger/dev1", new { action = new { command = "idle" } });
        Assert.Equal("CONFLICT", conflict.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(first, conflict.GetProperty("error").GetProperty("details").GetProperty("conflictingActionIds")[0].GetString());

        JsonElement cancelled = await app.PostAsync($"/actions/{first}/cancel");
        Assert.Equal("cancelled", cancelled.GetProperty("data").GetProperty("state").GetString());
        JsonElement again = await app.PostAsync($"/actions/{first}/cancel");
        Assert.Equal("ACTION_NOT_CANCELLABLE", again.GetProperty("error").GetProperty("code").GetString());

        string second = await PushAsync(app, new { command = "charge", start = "0.04m" });
        string third = await PushAsync(app, new { command = "idle", start = "0.05m" }, "cancel_and_replace");
        Assert.Equal("cancelled", (await EndAsync(app, second)).GetProperty("state").GetString());
        Assert.Equal("completed", (await EndAsync(app, third)).GetProperty("state").GetString());
        Assert.DoesNotContain(charger.Frames, frame => frame.Contains("RemoteStartTransaction"));
    }

    [Fact]
    public async Task A_start_that_was_slept_through_fires_late_once_the_charger_is_back()
    {
        string data = Directory.CreateTempSubdirectory("amps-test-").FullName;
        string id;
        await using (ServiceHost service = await store.StartOnAsync(data, "Amps:Mqtt:Mode=Off"))
        {
            using ApiClient app = await service.CustomerAsync();
            await service.RegisterAsync("CP1", "customer", "dev1");
            id = await PushAsync(app, new { command = "charge", start = "0.02m" });
        }
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        await using (ServiceHost service = await store.StartOnAsync(data, "Amps:Mqtt:Mode=Off"))
        {
            using ApiClient app = await service.CustomerAsync();
            Assert.Equal("scheduled", (await app.DataAsync($"/actions/{id}")).GetProperty("state").GetString());
            await using TestChargePoint charger = await ChargerAsync(service);
            Assert.Equal("completed", (await EndAsync(app, id)).GetProperty("state").GetString());
            Assert.Single(charger.Frames, frame => frame.Contains("RemoteStartTransaction"));
        }
        Directory.Delete(data, recursive: true);
    }
}

public sealed class SqliteScheduledActionTests() : ScheduledActionTests(HouseStore.Sqlite());

public sealed class PostgresScheduledActionTests(PostgresServer server) : ScheduledActionTests(HouseStore.Postgres(server));
