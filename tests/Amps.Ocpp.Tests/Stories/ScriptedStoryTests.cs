using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Stories;

/// <summary>The whole house around one scripted charge point.</summary>
public abstract class ScriptedStoryTests(HouseStore store)
{
    [Fact]
    public async Task A_charge_is_completed_only_when_the_charger_has_started_a_transaction()
    {
        await using ServiceHost service = await store.StartAsync();
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        charger.On("RemoteStartTransaction", _ => new { status = "Accepted" });
        await charger.StatusAsync("Preparing");

        JsonElement pushed = await app.PostAsync("/ev-charger/dev1", new { action = new { command = "charge" } });
        string id = pushed.GetProperty("data").GetProperty("id").GetString()!;
        JsonElement start = await charger.ReceiveAsync("RemoteStartTransaction");
        Assert.Equal("acknowledged", (await app.DataAsync($"/actions/{id}")).GetProperty("state").GetString());

        int transaction = await charger.StartAsync(start.GetProperty("idTag").GetString()!);
        JsonElement ended = await app.UntilAsync($"/actions/{id}", action => action.GetProperty("state").GetString() == "completed");
        Assert.Equal(transaction.ToString(), ended.GetProperty("result").GetProperty("transactionId").GetString());
        Assert.Equal("StartTransaction", ended.GetProperty("result").GetProperty("confirmedBy").GetString());
    }
}

public sealed class SqliteScriptedStoryTests() : ScriptedStoryTests(HouseStore.Sqlite());

public sealed class PostgresScriptedStoryTests(PostgresServer server) : ScriptedStoryTests(HouseStore.Postgres(server));
