using System.Collections.Concurrent;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>Stations whose TransactionEvents carry no meter values.</summary>
public sealed class Ocpp2SamplingTests(Ocpp2Service fixture) : IClassFixture<Ocpp2Service>
{
    [Theory]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    [Trait("quirk", "Q95")]
    public async Task Where_events_bring_no_samples_they_are_asked_for_as_meter_values_again_and_again_while_energy_flows(string version)
    {
        string id = "BARE-" + version;
        await using TestStation station = await fixture.BootAsync(id, version);
        var asked = new ConcurrentQueue<string>();
        station.On("TriggerMessage", trigger =>
        {
            string message = trigger.GetProperty("requestedMessage").GetString()!;
            asked.Enqueue(message);
            station.Link.Later(() => message == "MeterValues" ? station.PowerAsync(4000) : station.EventAsync("Updated", "Trigger", "bare", "Charging"));
            return new { status = "Accepted" };
        });
        await station.EventAsync("Started", "Authorized", "bare", "Charging", idToken: "CARD");
        // Nobody reads meanwhile: a live read would ask as well.
        await Wait.UntilAsync(() => asked.Count >= 3, "they are asked for again");
        Assert.Equal(["TransactionEvent", "MeterValues", "MeterValues"], asked);
        await fixture.App.UntilAsync($"/ev-charger/{Ocpp2Service.Device(id)}", read =>
            read.GetProperty("state").GetProperty("currentPower") is { ValueKind: JsonValueKind.Number } power && power.GetDouble() == 4);
        await station.EventAsync("Ended", "EVDeparted", "bare", "Idle", stoppedReason: "EVDisconnected");
    }
}
