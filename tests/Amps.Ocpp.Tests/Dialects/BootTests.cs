using System.Text.Json;
using System.Threading.Channels;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Mqtt.Native;
using Amps.Ocpp.Tests.Mqtt;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>Boots that repeat, and boots of other hardware under the same identity (faults P9).</summary>
public sealed class BootTests
{
    [Fact]
    [Trait("row", "P9")]
    public async Task A_boot_twice_or_of_other_hardware_is_accepted_and_only_a_change_of_hardware_is_told()
    {
        await using ServiceHost service = await ServiceHost.StartAsync();
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using MosquittoClient observer = await MqttClients.ConnectAsync(service.MqttPort);
        ChannelReader<MqttMessage> events = await observer.ListenAsync("amps/v1/ev-chargers/dev1/events");
        // Events of before the service has its broker are told to nobody.
        Assert.Equal("online", (await (await observer.ListenAsync("amps/v1/nodes/+/status")).NextAsync()).Text());
        await using TestChargePoint charger = await TestChargePoint.ConnectAsync(service.Ocpp, "CP1");

        await BootAsync(charger, "A", "1", "1.0");
        await BootAsync(charger, "A", "1", "1.0");
        await BootAsync(charger, "A", "1", "1.1");
        await BootAsync(charger, "A", null, "1.1");
        await charger.StatusAsync("Faulted");
        await BootAsync(charger, "B", "2", "1.1");

        List<(string Event, string? Detail)> told = [];
        while (told.Count == 0 || told[^1].Event != "hardwareChanged")
        {
            JsonElement message = JsonDocument.Parse((await events.NextAsync()).Payload).RootElement;
            told.Add((message.GetProperty("event").GetString()!, message.TryGetProperty("detail", out JsonElement detail) ? detail.GetString() : null));
        }
        Assert.Single(told, entry => entry.Event == "hardwareChanged");
        Assert.StartsWith("vendor A -> B", told[^1].Detail);
        Assert.Single(service.Lines, line => line.Contains("other hardware", StringComparison.Ordinal));
        await service.Operator.UntilAsync("/operator/charge-points/CP1", shown => shown.GetRawText().Contains("\"B\"", StringComparison.Ordinal));
    }

    private static async Task BootAsync(TestChargePoint charger, string vendor, string? serial, string firmware)
    {
        JsonElement answer = await charger.CallAsync("BootNotification", new
        {
            chargePointVendor = vendor,
            chargePointModel = "M",
            chargePointSerialNumber = serial,
            firmwareVersion = firmware,
        });
        Assert.Equal("Accepted", answer.GetProperty("status").GetString());
    }
}
