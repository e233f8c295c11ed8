using System.Globalization;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Chargers.Sessions;

/// <summary>A month offline, told at once on return (faults P24), and ids over restarts.</summary>
public sealed class BacklogTests : IDisposable
{
    private const int Transactions = 1000;
    private const int MeterValuesEach = 48;
    private readonly string _data = Directory.CreateTempSubdirectory("amps-backlog-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    private static string Time(DateTime time) => time.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    [Fact]
    [Trait("row", "P24")]
    [Trait("quirk", "Q43")]
    public async Task Fifty_thousand_old_messages_are_answered_and_touch_nothing_of_now()
    {
        await using ServiceHost service = await ServiceHost.StartOnAsync(_data, "Amps:Mqtt:Mode=Off", "Amps:Ocpp:MessagesPerSecond=0");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("OLD", "customer", new { phases = 3 }, "dev-OLD");
        await using ScriptedCharger charger = await ScriptedCharger.BootAsync(service, app, "OLD");
        await charger.ChargeAsync();
        string shown = (await charger.UntilAsync("charging")).GetRawText();
        using var cancelled = new CancellationTokenSource();
        Task<int> reader = WatchAsync(app, shown, cancelled.Token);
        DateTime time = DateTime.UtcNow.AddDays(-30);
        int last = 0;
        long before = 0;
        for (int i = 0; i < Transactions; i++)
        {
            JsonElement started = await charger.Link.CallAsync("StartTransaction", new { connectorId = 1, idTag = "CARD", meterStart = i * 100, timestamp = Time(time) });
            int id = started.GetProperty("transactionId").GetInt32();
            Assert.True(id > last);
            last = id;
            for (int k = 0; k < MeterValuesEach; k++)
            {
                time = time.AddSeconds(45);
                await charger.Link.CallAsync("MeterValues", new
                {
                    connectorId = 1,
                    transactionId = id,
                    meterValue = new[] { new { timestamp = Time(time), sampledValue = new[] { new { value = "3000", measurand = "Power.Active.Import" } } } },
                });
            }
            JsonElement stopped = await charger.Link.CallAsync("StopTransaction", new { transactionId = id, meterStop = (i * 100) + 100, timestamp = Time(time) });
            Assert.Equal("{}", stopped.GetRawText());
            charger.Link.Frames.Clear();
            if (i == Transactions / 10)
                before = GC.GetTotalMemory(forceFullCollection: true);
        }
        long grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(grown < 8_000_000, $"The service grew by {grown} bytes.");
        await cancelled.CancelAsync();
        Assert.True(await reader > 0);
        Assert.Equal(shown, (await charger.UntilAsync("charging")).GetRawText());
        await charger.UntilTransactionAsync(charger.Transaction);
    }

    /// <summary>Reads the device over and over: every answer is as it was before.</summary>
    private static async Task<int> WatchAsync(ApiClient app, string shown, CancellationToken cancellationToken)
    {
        int reads = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            JsonElement read = await app.DataAsync("/ev-charger/dev-OLD");
            Assert.Equal(shown, read.GetProperty("state").GetRawText());
            reads++;
            await Task.Delay(50, CancellationToken.None);
        }
        return reads;
    }

    [Fact]
    [Trait("quirk", "Q41")]
    [Trait("quirk", "Q44")]
    public async Task Ids_rise_over_restarts_and_a_running_transaction_goes_on_and_ends_after_one()
    {
        int first;
        string key;
        await using (ServiceHost service = await ServiceHost.StartOnAsync(_data, "Amps:Mqtt:Mode=Off"))
        {
            using ApiClient app = await service.CustomerAsync();
            key = app.Key!;
            await service.RegisterAsync("R1", "customer", "dev-R1");
            await using ScriptedCharger charger = await ScriptedCharger.BootAsync(service, app, "R1");
            await charger.ChargeAsync();
            first = charger.Transaction;
        }
        await using ServiceHost again = await ServiceHost.StartOnAsync(_data, "Amps:Mqtt:Mode=Off");
        using var client = new ApiClient(again.Api, key);
        await using ScriptedCharger back = await ScriptedCharger.BootAsync(again, client, "R1");
        await back.Link.StatusAsync("Charging");
        await back.Link.PowerAsync(6500, transactionId: first);
        await back.UntilTransactionAsync(first);
        Assert.Equal(6.5, (await back.UntilAsync("charging")).GetProperty("currentPower").GetDouble());
        JsonElement idled = await back.RunAsync("idle");
        Assert.True(idled.GetProperty("state").GetString() == "completed", idled.ToString());
        Assert.Equal([$"Stop {first}"], back.Written);
        await back.StartAsync("CARD");
        Assert.True(back.Transaction > first);
    }
}
