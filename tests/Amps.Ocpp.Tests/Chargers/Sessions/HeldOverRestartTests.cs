using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Chargers.Sessions;

/// <summary>A held session outlives this service (quirk Q41).</summary>
public sealed class HeldOverRestartTests : IDisposable
{
    private static readonly string[] s_settings = ["Amps:Mqtt:Mode=Off", "Amps:Actions:ConfirmationTimeoutSeconds=6"];
    private readonly string _data = Directory.CreateTempSubdirectory("amps-held-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    private static void Script(ScriptedCharger charger) => charger.OnLimit = limit =>
    {
        if (limit.Purpose == "TxProfile")
            charger.Link.Later(() => charger.Link.StatusAsync(limit.Amperes == 0 ? "SuspendedEVSE" : "Charging"));
        return "Accepted";
    };

    [Theory]
    [Trait("quirk", "Q41")]
    [InlineData("Hold")]
    [InlineData("RemoteStop")]
    public async Task What_was_held_before_a_restart_is_held_and_resumed_after_it(string strategy)
    {
        string key;
        int transaction;
        string status = strategy == "Hold" ? "SuspendedEVSE" : "Finishing";
        await using (ServiceHost service = await ServiceHost.StartOnAsync(_data, s_settings))
        {
            using ApiClient app = await service.CustomerAsync();
            key = app.Key!;
            await service.RegisterAsync("H1", "customer", new { phases = 3, idleStrategy = strategy }, "dev-H1");
            await app.PostAsync("/ev-charger/dev-H1/settings", new { max_charge_rate = new { value = 11, unit = "kw" } });
            await using ScriptedCharger charger = await ScriptedCharger.BootAsync(service, app, "H1");
            Script(charger);
            await charger.ChargeAsync();
            transaction = charger.Transaction;
            JsonElement idled = await charger.RunAsync("idle");
            Assert.True(idled.GetProperty("result").GetProperty("sessionHeld").GetBoolean(), idled.ToString());
            await charger.UntilAsync("paused");
        }
        await using ServiceHost again = await ServiceHost.StartOnAsync(_data, s_settings);
        using var client = new ApiClient(again.Api, key);
        await using ScriptedCharger back = await ScriptedCharger.BootAsync(again, client, "H1");
        Script(back);
        await back.Link.StatusAsync(status);
        JsonElement state = await back.UntilAsync("paused");
        Assert.True(state.GetProperty("isConnected").GetBoolean());
        Assert.Equal(strategy == "Hold" ? transaction.ToString() : null, await back.TransactionAsync());
        JsonElement still = await back.RunAsync("idle");
        Assert.True(still.GetProperty("result").GetProperty("sessionHeld").GetBoolean());
        back.Written.Clear();
        JsonElement charged = await back.RunAsync("charge");
        Assert.True(charged.GetProperty("state").GetString() == "completed", charged.ToString());
        await back.UntilAsync("charging");
        if (strategy == "Hold")
            Assert.Contains("TxProfile 15.9", back.Written);
        else
            Assert.True(back.Transaction > transaction);
    }
}
