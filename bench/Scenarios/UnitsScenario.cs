using System.Diagnostics;
using System.Globalization;
using Amps.Ocpp.Bench.Load;
using Amps.Ocpp.Bench.Measuring;
using Amps.Ocpp.Bench.Servers;

namespace Amps.Ocpp.Bench.Scenarios;

/// <summary>
/// What one of each costs, for sizing: processor time of the service and of its broker, rows and commits written, messages
/// published. The figures come from the service's own metrics, so that what happens later and in batches is in them too.
/// </summary>
internal static class UnitsScenario
{
    private const int Count = 2000;
    private const int AtOnce = 64;

    /// <summary>Mere measurements reach the store every 30 s.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(35);

    public static async Task RunAsync(BenchOptions options, ResultTable table)
    {
        using var data = new TemporaryDirectory();
        await using ChildServer server = await ChildServer.StartAsync(ServerLoop.Amps, data.Path);
        await server.SeedAsync(Count);
        using var meter = new UnitMeter(server, data.Path);
        // The first time the service compiles and learns; the second one is the return after a restart of something between.
        (await ChargePointFleet.ConnectAsync(server.OcppPort, Count)).Dispose();
        await Task.Delay(Settling);
        ChargePointFleet? fleet = null;
        await MeasureAsync("return: handshake, password, boot, status, sample", async () => fleet = await ChargePointFleet.ConnectAsync(server.OcppPort, Count));
        using (fleet)
        {
            await EachAsync("nothing for 35 s, pings only", static _ => ValueTask.CompletedTask);
            await EachAsync("Heartbeat", static client => client.CallAsync(OcppClient.Prepare("Heartbeat", "{}")));
            await EachAsync("StatusNotification", static client => client.CallAsync(OcppClient.Prepare(
                "StatusNotification", """{"connectorId":1,"errorCode":"NoError","status":"SuspendedEV","timestamp":"2026-01-01T00:01:00Z"}""")));
            await EachAsync("MeterValues", static client => client.CallAsync(OcppClient.Prepare("MeterValues", ChargePointFleet.Compact(ChargePointFleet.MeterValues))));
            await EachAsync("transaction: start and stop", TransactAsync);
        }

        Task EachAsync(string what, Func<OcppClient, ValueTask> use) => MeasureAsync(what, () => Parallel.ForEachAsync(
            fleet!.Clients, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, (client, _) => use(client)));

        async Task MeasureAsync(string what, Func<Task> use)
        {
            Units before = await meter.ReadAsync();
            long start = Stopwatch.GetTimestamp();
            await use();
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Units atOnce = await meter.ReadAsync();
            using (var settled = new CancellationTokenSource(Settling))
                await Task.WhenAll(fleet!.Clients.Select(client => client.IdleAsync(settled.Token)));
            Units after = await meter.ReadAsync();
            Row("a second", Count / seconds);
            Row("service's CPU until answered, µs", (atOnce.CpuMicroseconds - before.CpuMicroseconds) / Count);
            Row("service's CPU with what follows, µs", (after.CpuMicroseconds - before.CpuMicroseconds) / Count);
            Row("broker's CPU, µs", (after.BrokerMicroseconds - before.BrokerMicroseconds) / Count);
            Row("writes to the store", (after.Writes - before.Writes) / Count);
            Row("messages published", (after.Published - before.Published) / Count);

            void Row(string unit, double value) => table.Add($"{what}: {unit}", new Series([value]));
        }
    }

    private static async ValueTask TransactAsync(OcppClient client)
    {
        string answer = await client.AskAsync(OcppClient.Prepare(
            "StartTransaction", """{"connectorId":1,"idTag":"CARD","meterStart":1000,"timestamp":"2026-01-01T00:02:00Z"}"""));
        using var parsed = System.Text.Json.JsonDocument.Parse(answer);
        string id = parsed.RootElement[2].GetProperty("transactionId").GetInt32().ToString(CultureInfo.InvariantCulture);
        await client.CallAsync(OcppClient.Prepare("StopTransaction", $$"""{"transactionId":{{id}},"meterStop":2000,"timestamp":"2026-01-01T01:02:00Z"}"""));
    }
}
