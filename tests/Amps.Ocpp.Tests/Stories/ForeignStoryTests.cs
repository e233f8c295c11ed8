using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Stories;

/// <summary>
/// The canonical story on a client that is not ours and that checks every frame both ways against the official schemas: boot,
/// status, cap, remote start with transaction and meter values, cap in the session, remote stop, resume, unplug.
/// </summary>
public sealed class ForeignStoryTests
{
    [Theory]
    [InlineData("1.6", "charge-point.mjs", "StartTransaction")]
    [InlineData("2.0.1", "station.mjs", "TransactionEvent")]
    [InlineData("2.1", "station.mjs", "TransactionEvent")]
    public async Task A_charge_point_that_nobody_here_wrote_is_read_capped_started_and_stopped(string version, string script, string confirmation)
    {
        // The client brings its own schemas of the other versions.
        Assert.SkipWhen(version == "2.1" && !OcppSchemas.Available, OcppSchemas.Missing);
        await using ServiceHost service = await ServiceHost.StartAsync();
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("FOREIGN", "customer", new { password = "a-password-of-its-own" }, "dev1");
        await using ForeignChargePoint charger = ForeignChargePoint.Start(service.Ocpp, "FOREIGN", "a-password-of-its-own", script, "ocpp" + version);
        Assert.Equal("ocpp" + version, (await charger.AwaitAsync("connected")).GetProperty("protocol").GetString());
        Assert.Equal("Accepted", (await charger.AwaitAsync("booted")).GetProperty("status").GetString());

        await app.UntilAsync("/ev-charger/dev1", read => Status(read) == "available");
        await charger.DoAsync("plug");
        JsonElement read = await app.UntilAsync("/ev-charger/dev1", read => Status(read) == "preparing");
        Assert.Equal("Foreign", read.GetProperty("vendor").GetString());
        Assert.True(read.GetProperty("state").GetProperty("isConnected").GetBoolean());
        // 32 A on one phase, as its own limits in A and in W show.
        await app.UntilAsync("/ev-charger/dev1", read => read.GetProperty("state").GetProperty("powerRateLimit").ValueKind == JsonValueKind.Number);

        await WriteCapAsync(app, 3.7);
        JsonElement profile = await charger.AwaitAsync("profile", profile => Purpose(profile) == "TxDefaultProfile");
        Assert.Equal(16, profile.GetProperty("limit").GetDouble());

        JsonElement charged = await app.RunAsync("dev1", "charge");
        Assert.Equal("completed", charged.GetProperty("state").GetString());
        Assert.Equal(confirmation, charged.GetProperty("result").GetProperty("confirmedBy").GetString());
        read = await app.UntilAsync("/ev-charger/dev1", read => Status(read) == "charging" && Power(read) == 3.68);
        Assert.Equal(16, read.GetProperty("state").GetProperty("maxCurrent").GetDouble());

        // The write budget allows one persistent write each 10 s; the newest value wins.
        await WriteCapAsync(app, 2.3);
        await WriteCapAsync(app, 1.4);
        await app.UntilAsync("/ev-charger/dev1", read => Power(read) == 1.38, seconds: 30);

        JsonElement idled = await app.RunAsync("dev1", "idle");
        Assert.Equal("completed", idled.GetProperty("state").GetString());
        Assert.True(idled.GetProperty("result").GetProperty("sessionHeld").GetBoolean());
        await app.UntilAsync("/ev-charger/dev1", read => Status(read) == "paused" && Power(read) == 0);

        JsonElement resumed = await app.RunAsync("dev1", "charge");
        Assert.Equal("completed", resumed.GetProperty("state").GetString());
        await app.UntilAsync("/ev-charger/dev1", read => Status(read) == "charging" && Power(read) == 1.38);

        await charger.DoAsync("unplug");
        await app.UntilAsync("/ev-charger/dev1", read => Status(read) == "available");
        await charger.DoAsync("quit");
        Assert.Empty(charger.Violations);
    }

    private static string? Status(JsonElement read) => read.GetProperty("state").GetProperty("status").GetString();

    private static string? Purpose(JsonElement profile) => profile.GetProperty("purpose").GetString();

    private static double? Power(JsonElement read) =>
        read.GetProperty("state").GetProperty("currentPower") is { ValueKind: JsonValueKind.Number } power ? power.GetDouble() : null;

    private static async Task WriteCapAsync(ApiClient app, double kilowatts)
    {
        JsonElement written = await app.PostAsync("/ev-charger/dev1/settings", new { max_charge_rate = new { value = kilowatts, unit = "kw" } });
        Assert.True(written.GetProperty("success").GetBoolean(), written.ToString());
    }
}
