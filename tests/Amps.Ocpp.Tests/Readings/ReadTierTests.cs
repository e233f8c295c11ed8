using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Readings;

/// <summary>Where a reading comes from, each source shown by what is broken (canonical API, section 4; charger behaviour, section 6).</summary>
public sealed class ReadTierTests
{
    private static string Source(JsonElement read) => read.GetProperty("metadata").GetProperty("source").GetString()!;

    private static bool Available(JsonElement read) => read.GetProperty("sync").GetProperty("available").GetBoolean();

    private static string Status(JsonElement read) => read.GetProperty("state").GetProperty("status").GetString()!;

    /// <summary>Answers triggers as a charge point does that has something to tell.</summary>
    private static void AnswerTriggers(TestChargePoint charger, string status) => charger.On("TriggerMessage", call =>
    {
        string message = call.GetProperty("requestedMessage").GetString()!;
        if (message == "StatusNotification")
            charger.Later(() => charger.StatusAsync(status));
        return new { status = message == "StatusNotification" ? "Accepted" : "NotImplemented" };
    });

    [Fact]
    public async Task What_the_charger_has_told_is_read_from_the_cache_at_once()
    {
        await using ServiceHost service = await ServiceHost.StartAsync();
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        // The broker comes up beside the service.
        await app.UntilAsync("/ev-charger/dev1", read => Source(read) == "cache");
        int asked = charger.Frames.Count(frame => frame.Contains("TriggerMessage"));
        // Each read directly after the charger's word shows it, though it goes round by the broker.
        foreach (string status in new[] { "Preparing", "Available", "Reserved", "Available", "Preparing", "Unavailable", "Available" })
        {
            await charger.StatusAsync(status);
            JsonElement read = await app.DataAsync("/ev-charger/dev1");
            Assert.Equal(status.ToLowerInvariant(), Status(read));
            Assert.Equal("cache", Source(read));
            Assert.True(Available(read));
        }
        Assert.Equal(asked, charger.Frames.Count(frame => frame.Contains("TriggerMessage")));
    }

    [Fact]
    public async Task A_snapshot_that_is_too_old_makes_the_charger_be_asked()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Reads:CacheSeconds=2", "Amps:Reads:ExpediteSeconds=1");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        AnswerTriggers(charger, "Preparing");
        await app.UntilAsync("/ev-charger/dev1", read => Source(read) == "cache");
        await Task.Delay(TimeSpan.FromSeconds(1.1));
        JsonElement expedited = await app.DataAsync("/ev-charger/dev1?expedite=true");
        Assert.Equal("live", Source(expedited));
        Assert.True(Available(expedited));
        Assert.Equal("preparing", Status(expedited));
        Assert.InRange(DateTimeOffset.UtcNow - expedited.GetProperty("sync").GetProperty("lastPulledAt").GetDateTimeOffset(), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        // What was asked for once serves the next reader.
        Assert.Equal("cache", Source(await app.DataAsync("/ev-charger/dev1")));
        await Task.Delay(TimeSpan.FromSeconds(2.1));
        Assert.Equal("live", Source(await app.DataAsync("/ev-charger/dev1")));
    }

    [Fact]
    public async Task Many_readers_of_an_old_snapshot_ask_the_charger_once()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        int asked = 0;
        var told = new TaskCompletionSource();
        charger.On("TriggerMessage", call =>
        {
            if (call.GetProperty("requestedMessage").GetString() != "StatusNotification")
                return new { status = "NotImplemented" };
            Interlocked.Increment(ref asked);
            _ = Task.Run(async () =>
            {
                await told.Task;
                await charger.StatusAsync("Preparing");
            });
            return new { status = "Accepted" };
        });
        Task<JsonElement>[] reads = [.. Enumerable.Range(0, 20).Select(_ => app.DataAsync("/ev-charger/dev1"))];
        await Wait.UntilAsync(() => Volatile.Read(ref asked) > 0, "the charger was asked");
        told.SetResult();
        foreach (JsonElement read in await Task.WhenAll(reads))
            Assert.Equal("preparing", Status(read));
        Assert.InRange(asked, 1, 3);
    }

    [Fact]
    public async Task A_silent_charger_is_shown_as_last_known_within_the_budget()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Reads:CacheSeconds=1", "Amps:Reads:LiveBudgetMilliseconds=400");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        await charger.StatusAsync("Preparing");
        charger.On("TriggerMessage", _ => null);
        await Task.Delay(TimeSpan.FromSeconds(1.1));
        JsonElement read = await app.DataAsync("/ev-charger/dev1");
        Assert.Equal("fallback", Source(read));
        Assert.False(Available(read));
        Assert.Equal("preparing", Status(read));
    }

    [Fact]
    public async Task A_charger_that_is_gone_is_shown_as_last_known()
    {
        await using ServiceHost service = await ServiceHost.StartAsync();
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using (TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1"))
            await charger.StatusAsync("Preparing");
        JsonElement read = await app.UntilAsync("/ev-charger/dev1", read => !Available(read));
        Assert.Equal("fallback", Source(read));
        Assert.Equal("preparing", Status(read));
        JsonElement item = (await app.DataAsync("/ev-charger")).GetProperty("items")[0];
        Assert.Equal("fallback", Source(item));
        Assert.False(item.TryGetProperty("settings", out _));
    }

    [Fact]
    [Trait("row", "M1")]
    public async Task Without_a_broker_connected_chargers_are_read_live_and_silent_ones_as_last_told()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Amps:Reads:LiveBudgetMilliseconds=300");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        AnswerTriggers(charger, "Preparing");
        Assert.Equal("live", Source(await app.DataAsync("/ev-charger/dev1")));
        charger.On("TriggerMessage", _ => null);
        await charger.StatusAsync("Unavailable");
        JsonElement read = await app.DataAsync("/ev-charger/dev1");
        Assert.Equal("fallback", Source(read));
        Assert.Equal("unavailable", Status(read));
    }

    [Fact]
    [Trait("row", "M2")]
    [Trait("row", "M3")]
    public async Task A_broker_that_dies_and_comes_back_empty_costs_no_truth()
    {
        await using MosquittoProcess broker = await MosquittoProcess.StartNewAsync();
        await using ServiceHost service = await ServiceHost.StartAsync(
            "Amps:Mqtt:Mode=External", "Amps:Mqtt:Host=127.0.0.1", $"Amps:Mqtt:Port={broker.Port}", "Amps:Reads:LiveBudgetMilliseconds=300");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        await app.UntilAsync("/ev-charger/dev1", read => Source(read) == "cache");
        await broker.KillAsync();
        // What was in the cache is still true and is still served; what is told now is not in it and is never hidden.
        Assert.Equal("cache", Source(await app.DataAsync("/ev-charger/dev1")));
        await charger.StatusAsync("Preparing");
        JsonElement read = await app.DataAsync("/ev-charger/dev1");
        Assert.Equal("preparing", Status(read));
        Assert.Equal("fallback", Source(read));
        await broker.StartAsync(keepRetained: false);
        read = await app.UntilAsync("/ev-charger/dev1", read => Source(read) == "cache", seconds: 30);
        Assert.Equal("preparing", Status(read));
    }

    [Fact]
    public async Task A_restarted_service_shows_the_last_known_state_from_disk()
    {
        string data = Directory.CreateTempSubdirectory("amps-restart-").FullName;
        try
        {
            string key;
            await using (ServiceHost first = await ServiceHost.StartOnAsync(data, "Amps:Mqtt:Mode=Off"))
            {
                using ApiClient app = await first.CustomerAsync();
                key = app.Key!;
                await first.RegisterAsync("CP1", "customer", "dev1");
                await using TestChargePoint charger = await TestChargePoint.BootAsync(first.Ocpp, "CP1");
                await charger.StatusAsync("Preparing");
            }
            await using ServiceHost second = await ServiceHost.StartOnAsync(data, "Amps:Mqtt:Mode=Off");
            using var again = new ApiClient(second.Api, key);
            JsonElement read = await again.DataAsync("/ev-charger/dev1");
            Assert.Equal("fallback", Source(read));
            Assert.Equal("preparing", Status(read));
            Assert.False(Available(read));
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Fact]
    public async Task A_device_never_heard_of_is_offline()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        (System.Net.HttpStatusCode status, JsonElement body) = await app.TrySendAsync(HttpMethod.Get, "/ev-charger/dev1", null);
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("DEVICE_OFFLINE", body.GetProperty("error").GetProperty("code").GetString());
    }
}
