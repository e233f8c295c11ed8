using System.Text.Json;
using Amps.HardwareSim;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Recording;

/// <summary>A recorded log is a regression test: played again, the service does the same.</summary>
public sealed class ReplayTests
{
    [Fact]
    public async Task A_recorded_session_is_played_again_and_ends_in_the_same_state()
    {
        string file = Path.Combine(Path.GetTempPath(), $"amps-flight-{Guid.NewGuid():n}.json");
        try
        {
            await RecordAsync(file);
            await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
            using ApiClient app = await service.CustomerAsync();
            await service.RegisterAsync("CP1", "customer", "dev1");
            ReplayLog log = ReplayLog.Read(await File.ReadAllTextAsync(file));
            var replay = new Replay(log, new SimulatedChargePointOptions { Id = log.ChargePointId, Url = service.Ocpp }, TimeProvider.System, TimeSpan.FromSeconds(5));
            await replay.RunAsync(CancellationToken.None);
            Assert.Empty(replay.Differences);
            Assert.True(replay.Played > 5);
            JsonElement device = await service.Operator.UntilAsync("/operator/charge-points/CP1", point =>
                point.GetProperty("devices")[0].GetProperty("status").GetString() == "Finishing");
            Assert.Equal(JsonValueKind.Null, device.GetProperty("devices")[0].GetProperty("transactionId").ValueKind);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task What_the_service_does_otherwise_is_told_by_the_exit_code()
    {
        string file = Path.Combine(Path.GetTempPath(), $"amps-flight-{Guid.NewGuid():n}.json");
        await File.WriteAllTextAsync(file, """
            {"chargePointId":"CP1","items":[
              {"at":"2025-01-01T00:00:00Z","direction":"sent","text":"[3,\"a\",{\"status\":\"Accepted\",\"currentTime\":\"2025-01-01T00:00:00Z\",\"interval\":300}]","length":1,"cut":false},
              {"at":"2025-01-01T00:00:00Z","direction":"received","text":"[2,\"a\",\"BootNotification\",{\"chargePointVendor\":\"V\",\"chargePointModel\":\"M\"}]","length":1,"cut":false}]}
            """);
        try
        {
            await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Amps:Ocpp:Admission=Pending");
            string[] arguments = ["--url", service.Ocpp.ToString(), "--replay", file];
            Assert.Equal(1, await CommandLine.Build().Parse(arguments).InvokeAsync());
            await service.Operator.SendAsync(HttpMethod.Put, "/operator/charge-points/CP1", new { admission = "accepted" });
            Assert.Equal(0, await CommandLine.Build().Parse(arguments).InvokeAsync());
            await File.WriteAllTextAsync(file, "{}");
            Assert.Equal(2, await CommandLine.Build().Parse(arguments).InvokeAsync());
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task RecordAsync(string file)
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        await charger.ReceiveAsync("GetConfiguration");
        await charger.StatusAsync("Preparing");
        int transaction = await charger.StartAsync("04A2B3C4D5");
        await charger.StatusAsync("Charging");
        await charger.PowerAsync(3700, transactionId: transaction);
        await charger.StopAsync(transaction, "Local");
        await charger.StatusAsync("Finishing");
        JsonElement saved = await service.Operator.GetAsync("/operator/charge-points/CP1/frames?limit=200");
        await File.WriteAllTextAsync(file, saved.GetRawText());
    }
}
