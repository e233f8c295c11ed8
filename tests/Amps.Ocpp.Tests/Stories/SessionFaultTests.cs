using System.Text.Json;
using System.Threading.Channels;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Mqtt.Native;
using Amps.Ocpp.Tests.Mqtt;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Stories;

/// <summary>What becomes of a session when links cross, resets come and messages hurry (faults, section C).</summary>
public sealed class SessionFaultTests
{
    private const string Password = "a-password-of-the-test-1";

    [Fact]
    [Trait("row", "C5")]
    public async Task What_an_old_connection_still_says_after_the_takeover_counts_no_more()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", new { password = Password }, "dev1");
        await using TestChargePoint old = await TestChargePoint.BootAsync(service.Ocpp, "CP1", Password);
        await using TestChargePoint present = await TestChargePoint.BootAsync(service.Ocpp, "CP1", Password);
        await present.StatusAsync("Preparing");
        try
        {
            await old.SendAsync("""[2,"late","StatusNotification",{"connectorId":1,"errorCode":"GroundFailure","status":"Faulted"}]""");
        }
        catch (Exception e) when (e is System.Net.WebSockets.WebSocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The service has closed it already.
        }
        await old.Closed.WaitAsync(Wait.Limit);
        await present.CallAsync("Heartbeat", new { });
        Assert.Equal("preparing", (await app.DataAsync("/ev-charger/dev1")).GetProperty("state").GetProperty("status").GetString());
    }

    [Fact]
    [Trait("row", "C15")]
    public async Task A_reset_is_answered_before_the_line_drops_and_the_boot_after_it_is_ordinary()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        charger.On("Reset", call =>
        {
            charger.Later(() =>
            {
                charger.Abort();
                return Task.CompletedTask;
            });
            return new { status = "Accepted" };
        });
        JsonElement answer = await service.Operator.PostAsync("/operator/charge-points/CP1/calls", new { action = "Reset", payload = new { type = "Soft" } });
        Assert.True(answer.GetProperty("success").GetBoolean(), answer.ToString());
        await charger.Closed.WaitAsync(Wait.Limit);
        await charger.DisposeAsync();
        await using TestChargePoint again = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        await service.Operator.UntilAsync("/operator/charge-points/CP1", shown => shown.GetProperty("link").GetProperty("online").GetBoolean());
    }

    [Fact]
    [Trait("row", "C17")]
    public async Task A_charge_point_that_waits_for_the_disk_makes_no_other_wait()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await service.RegisterAsync("CP2", "customer", "dev2");
        await using TestChargePoint waits = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        await using TestChargePoint other = await TestChargePoint.BootAsync(service.Ocpp, "CP2");
        using var holder = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(service.Data, "amps.db")};Pooling=False");
        holder.Open();
        using Microsoft.Data.Sqlite.SqliteCommand command = holder.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();
        Task<int> start = waits.StartAsync("CARD");
        for (int i = 0; i < 20; i++)
            await other.CallAsync("Heartbeat", new { });
        Assert.False(start.IsCompleted);
        command.CommandText = "ROLLBACK";
        command.ExecuteNonQuery();
        try
        {
            Assert.True(await start > 0);
        }
        catch (CallErrorException)
        {
            // The store was away for too long: the charge point is to say it again, and then it counts.
            Assert.True(await waits.StartAsync("CARD") > 0);
        }
    }

    [Fact]
    [Trait("row", "C18")]
    [Trait("row", "P10")]
    public async Task A_thousand_messages_of_one_charge_point_are_told_in_their_order()
    {
        const int Count = 1000;
        await using ServiceHost service = await ServiceHost.StartAsync();
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        await app.UntilAsync("/ev-charger/dev1", read => read.GetProperty("metadata").GetProperty("source").GetString() == "cache");
        await using MosquittoClient observer = await MqttClients.ConnectAsync(service.MqttPort);
        ChannelReader<MqttMessage> samples = await observer.ListenAsync("amps/v1/ev-chargers/dev1/telemetry");
        await charger.StatusAsync("Preparing");
        int transaction = await charger.StartAsync("CARD");
        await charger.StatusAsync("Charging");
        // All in flight at once, as the link allows; the service answers each in its turn.
        await Task.WhenAll(Enumerable.Range(1, Count).Select(i => charger.PowerAsync(i, transactionId: transaction)));
        double last = 0;
        while (last < Count / 1000.0)
        {
            double power = JsonDocument.Parse((await samples.NextAsync()).Payload).RootElement.GetProperty("sample").GetProperty("powerKw").GetDouble();
            Assert.True(power > last, $"{power} kW came after {last} kW");
            last = power;
        }
        await app.UntilAsync("/ev-charger/dev1", read => read.GetProperty("state").GetProperty("currentPower").GetDouble() == Count / 1000.0);
    }
}
