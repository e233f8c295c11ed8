using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>Availability that was lost on the way is asked for, after a reconnect and after a boot (B04, G01).</summary>
public sealed class Ocpp2AvailabilityTests(Ocpp2Service fixture) : IClassFixture<Ocpp2Service>
{
    [Theory]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    public async Task A_status_that_was_not_told_on_the_new_link_is_asked_for_though_other_things_were(string version)
    {
        string id = "LOST" + version;
        await using (TestStation station = await fixture.BootAsync(id, version))
            await UntilAsync(id, "Available");
        await using TestStation back = await TestStation.ConnectAsync(fixture.Service.Ocpp, id, version);
        back.On("TriggerMessage", asked => Tell(back, asked, "Faulted"));
        await back.PowerAsync(0);
        await UntilAsync(id, "Faulted");
    }

    [Fact]
    public async Task After_a_boot_on_the_same_link_it_is_asked_for_again_and_not_where_it_came()
    {
        await using TestStation station = await fixture.BootAsync("BOOTS", "2.0.1");
        int triggers = 0;
        station.On("TriggerMessage", asked =>
        {
            triggers += IsOfStatus(asked) ? 1 : 0;
            return Tell(station, asked, "Unavailable");
        });
        await fixture.Service.Operator.UntilAsync("/operator/charge-points/BOOTS", data => data.GetProperty("learned").GetProperty("inventoryRead").ValueKind == JsonValueKind.False);
        Assert.Equal(0, triggers);
        await station.BootAsync();
        await UntilAsync("BOOTS", "Unavailable");
        Assert.Equal(1, triggers);
    }

    [Fact]
    public async Task Where_the_trigger_is_refused_the_device_model_is_read()
    {
        await using (TestStation station = await fixture.BootAsync("REFUSED", "2.0.1"))
            await UntilAsync("REFUSED", "Available");
        await using TestStation back = await TestStation.ConnectAsync(fixture.Service.Ocpp, "REFUSED", "2.0.1");
        back.Variables["Connector.AvailabilityState"] = "Unavailable";
        await back.PowerAsync(0);
        await UntilAsync("REFUSED", "Unavailable");
    }

    [Fact]
    public async Task Only_the_connector_that_was_silent_is_asked()
    {
        await using (TestStation station = await fixture.BootAsync("PLUGS", "2.0.1", s => s.On("GetBaseReport", _ => new { status = "Accepted" })))
        {
            await station.StatusAsync("Available", connectorId: 2);
            await station.CallAsync("NotifyReport", new
            {
                requestId = 1,
                seqNo = 0,
                generatedAt = "2026-01-01T00:00:00Z",
                reportData = new[]
                {
                    new { component = new { name = "Connector", evse = new { id = 1, connectorId = 2 } }, variable = new { name = "AvailabilityState" }, variableAttribute = new[] { new { value = "Available" } } },
                },
            });
            await fixture.Service.Operator.UntilAsync("/operator/charge-points/PLUGS", data => data.GetProperty("learned").GetProperty("plugsPerCharger") is { ValueKind: JsonValueKind.Number } plugs && plugs.GetInt32() == 2);
        }
        await using TestStation back = await TestStation.ConnectAsync(fixture.Service.Ocpp, "PLUGS", "2.0.1");
        var asked = new List<int>();
        back.On("TriggerMessage", call =>
        {
            if (IsOfStatus(call))
                asked.Add(call.GetProperty("evse").GetProperty("connectorId").GetInt32());
            return Tell(back, call, "Occupied");
        });
        await back.StatusAsync("Available");
        await UntilAsync("PLUGS", "Preparing");
        Assert.Equal([2], asked);
    }

    [Fact]
    [Trait("row", "P11")]
    public async Task Each_connector_of_an_EVSE_has_times_of_its_own()
    {
        await using TestStation station = await fixture.BootAsync("TIMES", "2.0.1");
        await station.StatusAsync("Unavailable");
        await UntilAsync("TIMES", "Unavailable");
        await station.CallAsync("StatusNotification", new { timestamp = "2026-01-01T00:00:00Z", connectorStatus = "Occupied", evseId = 1, connectorId = 2 });
        await UntilAsync("TIMES", "Preparing");
    }

    /// <summary>Answers a trigger and tells the connector it names.</summary>
    private static object Tell(TestStation station, JsonElement asked, string status)
    {
        if (!IsOfStatus(asked))
            return new { status = "Rejected" };
        JsonElement evse = asked.GetProperty("evse");
        int connector = evse.GetProperty("connectorId").GetInt32();
        station.Link.Later(() => station.StatusAsync(status, evse.GetProperty("id").GetInt32(), connector));
        return new { status = "Accepted" };
    }

    private static bool IsOfStatus(JsonElement asked) => asked.GetProperty("requestedMessage").GetString() == "StatusNotification";

    /// <summary>As the operator sees it, which asks the station for nothing.</summary>
    private Task<JsonElement> UntilAsync(string id, string reported) => fixture.Service.Operator.UntilAsync(
        $"/operator/charge-points/{id}", data => data.GetProperty("devices")[0].GetProperty("status").GetString() == reported);
}
