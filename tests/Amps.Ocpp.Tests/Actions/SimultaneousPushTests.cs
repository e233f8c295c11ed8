using System.Net;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Actions;

/// <summary>One action per device, whoever pushes how many (canonical API, section 5).</summary>
public abstract class SimultaneousPushTests(HouseStore store)
{
    [Fact]
    public async Task Of_200_simultaneous_pushes_to_one_charger_exactly_one_is_accepted_and_199_conflict()
    {
        await using ServiceHost service = await store.StartAsync("Amps:Mqtt:Mode=Off", "Amps:Actions:ConfirmationTimeoutSeconds=60");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        charger.On("RemoteStartTransaction", _ => new { status = "Accepted" });
        await charger.StatusAsync("Preparing");

        (HttpStatusCode Status, JsonElement Body)[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(
            _ => Task.Run(() => app.TrySendAsync(HttpMethod.Post, "/ev-charger/dev1", new { action = new { command = "charge" } }))));

        (HttpStatusCode _, JsonElement accepted) = Assert.Single(answers, answer => answer.Status == HttpStatusCode.Accepted);
        string id = accepted.GetProperty("data").GetProperty("id").GetString()!;
        Assert.Equal(199, answers.Count(answer => answer.Status == HttpStatusCode.Conflict));
        Assert.All(answers.Where(answer => answer.Status == HttpStatusCode.Conflict), answer =>
        {
            JsonElement error = answer.Body.GetProperty("error");
            Assert.Equal("CONFLICT", error.GetProperty("code").GetString());
            Assert.Equal(id, Assert.Single(error.GetProperty("details").GetProperty("conflictingActionIds").EnumerateArray()).GetString());
        });
        Assert.Equal(1, (await app.DataAsync("/actions")).GetProperty("pagination").GetProperty("total").GetInt32());
        await charger.ReceiveAsync("RemoteStartTransaction");
        Assert.Single(charger.Frames, frame => frame.Contains("RemoteStartTransaction"));
    }
}

public sealed class SqliteSimultaneousPushTests() : SimultaneousPushTests(HouseStore.Sqlite());

public sealed class PostgresSimultaneousPushTests(PostgresServer server) : SimultaneousPushTests(HouseStore.Postgres(server));
