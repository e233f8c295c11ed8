using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Personalities;

/// <summary>Quirks that show only when the central system goes away and comes back.</summary>
public sealed class ServiceRestartTests
{
    [Fact]
    [Trait("quirk", "Q41")]
    public async Task A_transaction_that_runs_across_a_restart_is_adopted_and_can_be_stopped()
    {
        await using ServiceHost first = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using (ApiClient customer = await first.CustomerAsync())
            await first.RegisterAsync("CP1", "customer", "dev1");
        int transaction;
        await using (TestChargePoint before = await TestChargePoint.BootAsync(first.Ocpp, "CP1"))
        {
            await before.StatusAsync("Preparing");
            transaction = await before.StartAsync("CARD");
            await before.StatusAsync("Charging");
            await first.StopAsync();
        }
        await using ServiceHost again = await ServiceHost.StartOnAsync(first.Data, "Amps:Mqtt:Mode=Off");
        using ApiClient app = await again.CustomerAsync();
        // No boot and no status: it goes on as if nothing had happened.
        await using TestChargePoint after = await TestChargePoint.ConnectAsync(again.Ocpp, "CP1");
        after.On("RemoteStopTransaction", call =>
        {
            _ = after.StopAsync(call.GetProperty("transactionId").GetInt32());
            return new { status = "Accepted" };
        });
        await after.PowerAsync(7000, transactionId: transaction);
        JsonElement charger = await app.UntilAsync("/ev-charger/dev1", data => data.GetProperty("state").GetProperty("currentPower") is { ValueKind: JsonValueKind.Number } power && power.GetDouble() == 7);
        Assert.Equal("charging", charger.GetProperty("state").GetProperty("status").GetString());
        JsonElement idle = await app.RunAsync("dev1", "idle");
        Assert.Equal("completed", idle.GetProperty("state").GetString());
        Assert.Equal(transaction.ToString(System.Globalization.CultureInfo.InvariantCulture), idle.GetProperty("result").GetProperty("transactionId").GetString());
    }
}
