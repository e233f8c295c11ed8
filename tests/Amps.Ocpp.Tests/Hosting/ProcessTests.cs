using System.Net.WebSockets;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Hosting;

/// <summary>The service as a process: how it ends, and what a kill leaves (operator surface, section 3; faults D1, D5, D9, D13).</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("amps-process-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    [Trait("row", "D22")]
    public async Task A_wrong_setting_ends_it_with_code_2_and_one_line()
    {
        await using ServiceProcess service = ServiceProcess.Start(_data, "Amps:Reads:CacheSeconds=soon");
        Assert.Equal(2, await service.ExitCodeAsync());
        Assert.Equal("error: Amps:Reads:CacheSeconds: 'soon' is not a whole number from 1 to 86400", service.Output.Trim());
    }

    [Fact]
    [Trait("row", "D5")]
    public async Task A_damaged_database_ends_it_with_code_1_and_is_left_as_it_was()
    {
        string file = Path.Combine(_data, "amps.db");
        byte[] garbage = [.. Enumerable.Range(0, 8192).Select(i => (byte)(i * 31))];
        await File.WriteAllBytesAsync(file, garbage);
        await using ServiceProcess service = ServiceProcess.Start(_data, "Amps:Mqtt:Mode=Off");
        Assert.Equal(1, await service.ExitCodeAsync());
        Assert.Contains("error: ", service.Output);
        Assert.DoesNotContain("   at ", service.Output);
        Assert.Equal(garbage, await File.ReadAllBytesAsync(file));
    }

    [Fact]
    [Trait("row", "D6")]
    public async Task A_database_that_cannot_be_migrated_ends_it_with_code_1_and_one_line()
    {
        Amps.Ocpp.Storage.Sqlite.SqliteNative.Initialize();
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(_data, "amps.db")};Pooling=False"))
        {
            connection.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE schema_versions (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL); CREATE TABLE actions (id TEXT)";
            command.ExecuteNonQuery();
        }
        await using ServiceProcess service = ServiceProcess.Start(_data, "Amps:Mqtt:Mode=Off");
        Assert.Equal(1, await service.ExitCodeAsync());
        string line = Assert.Single(service.Output.Trim().Split('\n'));
        Assert.StartsWith($"error: The database {Path.Combine(_data, "amps.db")} cannot be brought from schema version 0 to 1: script 0001 fails, ", line);
    }

    [Fact]
    [Trait("row", "D9")]
    public async Task A_second_process_on_the_same_data_refuses_to_start()
    {
        await using ServiceProcess first = await ServiceProcess.StartReadyAsync(_data, "Amps:Mqtt:Mode=Off");
        await using ServiceProcess second = ServiceProcess.Start(_data, "Amps:Mqtt:Mode=Off");
        Assert.Equal(1, await second.ExitCodeAsync());
        Assert.Contains("error: ", second.Output);
    }

    [Fact]
    [Trait("row", "D14")]
    public async Task A_second_sigterm_changes_nothing_and_the_next_life_finds_everything()
    {
        await using (ServiceProcess service = await ServiceProcess.StartReadyAsync(_data, "Amps:Mqtt:Mode=Off"))
        {
            using ApiClient app = await service.CustomerAsync();
            await service.RegisterAsync("CP1", "customer", "dev1");
            await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
            service.Terminate();
            service.Terminate();
            Assert.Equal(0, await service.ExitCodeAsync());
        }
        await using ServiceProcess next = await ServiceProcess.StartReadyAsync(_data, "Amps:Mqtt:Mode=Off");
        Assert.Equal("CP1", (await next.Operator.DataAsync("/operator/charge-points/CP1")).GetProperty("id").GetString());
    }

    [Fact]
    [Trait("row", "D19")]
    public async Task A_log_that_nobody_reads_holds_nobody_up()
    {
        await using ServiceProcess service = ServiceProcess.StartUnread(_data, "Amps:Mqtt:Mode=Off", "Amps:Ocpp:Admission=Closed");
        await service.ReadyAsync();
        // Far more lines than a pipe and the logger's queue hold together.
        await Parallel.ForAsync(0, 6_000, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
            // Unknown, and after a while too many of that.
            Assert.Contains(RawHandshake.Status(await RawHandshake.KnockAsync(service.Ocpp.Port, $"/ocpp/NOBODY-WITH-A-LONG-NAME-{i}")), new[] { 404, 429 }));
        Assert.True((await service.Operator.GetAsync("/operator/charge-points")).GetProperty("success").GetBoolean());
    }

    [Fact]
    [Trait("row", "D13")]
    public async Task Sigterm_lets_an_open_command_finish_closes_charge_points_with_1001_and_exits_with_0()
    {
        await using ServiceProcess service = await ServiceProcess.StartReadyAsync(_data, "Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        charger.On("RemoteStartTransaction", call =>
        {
            string idTag = call.GetProperty("idTag").GetString()!;
            _ = Task.Run(async () =>
            {
                await Task.Delay(500);
                await charger.StartAsync(idTag);
            });
            return new { status = "Accepted" };
        });
        await charger.StatusAsync("Preparing");
        JsonElement pushed = await app.PostAsync("/ev-charger/dev1", new { action = new { command = "charge" } });
        string id = pushed.GetProperty("data").GetProperty("id").GetString()!;
        await charger.ReceiveAsync("RemoteStartTransaction");
        service.Terminate();
        await charger.Closed.WaitAsync(Wait.Limit);
        Assert.Equal((WebSocketCloseStatus)1001, charger.CloseStatus);
        Assert.Equal(0, await service.ExitCodeAsync());

        await using ServiceProcess again = await ServiceProcess.StartReadyAsync(_data, "Amps:Mqtt:Mode=Off");
        using var reader = new ApiClient(again.Api, app.Key);
        Assert.Equal("completed", (await reader.DataAsync($"/actions/{id}")).GetProperty("state").GetString());
    }

    [Fact]
    [Trait("row", "D1")]
    [Trait("row", "C13")]
    public async Task A_kill_loses_nothing_that_was_acknowledged_and_sends_nothing_twice()
    {
        List<(string Id, string Key)> acknowledged = [];
        List<int> transactions = [];
        string key = "";
        for (int life = 0; life < 4; life++)
        {
            await using ServiceProcess service = await ServiceProcess.StartReadyAsync(_data, "Amps:Mqtt:Mode=Off");
            using ApiClient app = life == 0 ? await service.CustomerAsync() : new ApiClient(service.Api, key);
            key = app.Key!;
            await service.RegisterAsync("CP1", "customer", "dev1");
            await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
            Assert.All(charger.Frames, frame => Assert.DoesNotContain("RemoteSt", frame));
            charger.On("RemoteStartTransaction", _ => null);
            await charger.StatusAsync("Preparing");
            double cap = 3.5 + life;
            JsonElement set = await app.PostAsync("/ev-charger/dev1/settings", new { max_charge_rate = new { value = cap, unit = "kw" } });
            Assert.True(set.GetProperty("success").GetBoolean());
            int transaction = await charger.StartAsync("CARD");
            transactions.Add(transaction);
            await charger.StopAsync(transaction);
            JsonElement pushed = await app.PostAsync("/ev-charger/dev1", new { action = new { command = "charge" } });
            Assert.True(pushed.GetProperty("success").GetBoolean(), pushed.ToString());
            acknowledged.Add((pushed.GetProperty("data").GetProperty("id").GetString()!, key));
            // The call is on the wire: from here on its outcome is unknown.
            await charger.ReceiveAsync("RemoteStartTransaction");
            await service.KillAsync();

            await using ServiceProcess again = await ServiceProcess.StartReadyAsync(_data, "Amps:Mqtt:Mode=Off");
            using var reader = new ApiClient(again.Api, key);
            foreach ((string id, _) in acknowledged)
            {
                JsonElement action = await reader.UntilAsync($"/actions/{id}", action => action.GetProperty("state").GetString() != "acknowledged");
                Assert.True(action.GetProperty("state").GetString() == "failed", action.ToString());
                Assert.True(action.GetProperty("result").TryGetProperty("outcome", out JsonElement outcome) && outcome.GetString() == "unknown", action.ToString());
            }
            JsonElement read = await reader.DataAsync("/ev-charger/dev1");
            Assert.Equal(cap, read.GetProperty("settings").GetProperty("max_charge_rate").GetProperty("value").GetDouble());
            await again.KillAsync();
        }
        Assert.Equal(transactions.Order().Distinct(), transactions);
    }

    [Fact]
    public async Task A_transaction_that_ran_before_a_kill_is_adopted_and_can_be_stopped()
    {
        int transaction;
        string key;
        await using (ServiceProcess service = await ServiceProcess.StartReadyAsync(_data, "Amps:Mqtt:Mode=Off"))
        {
            using ApiClient app = await service.CustomerAsync();
            key = app.Key!;
            await service.RegisterAsync("CP1", "customer", "dev1");
            await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
            await charger.StatusAsync("Preparing");
            transaction = await charger.StartAsync("CARD");
            await charger.StatusAsync("Charging");
            await service.KillAsync();
        }
        await using ServiceProcess again = await ServiceProcess.StartReadyAsync(_data, "Amps:Mqtt:Mode=Off");
        using var reader = new ApiClient(again.Api, key);
        // The charge point goes on as if nothing had been: no boot, only its next meter values.
        await using TestChargePoint back = await TestChargePoint.ConnectAsync(again.Ocpp, "CP1");
        back.On("RemoteStopTransaction", call =>
        {
            int asked = call.GetProperty("transactionId").GetInt32();
            back.Later(() => back.StopAsync(asked));
            return new { status = "Accepted" };
        });
        await back.StatusAsync("Charging");
        await back.PowerAsync(7000, transactionId: transaction);
        await reader.UntilAsync("/ev-charger/dev1", read => read.GetProperty("state").GetProperty("status").GetString() == "charging"
            && read.GetProperty("state").GetProperty("currentPower").GetDouble() == 7);
        JsonElement ended = await reader.RunAsync("dev1", "idle", seconds: 40);
        Assert.Equal("completed", ended.GetProperty("state").GetString());
        Assert.Equal(transaction.ToString(System.Globalization.CultureInfo.InvariantCulture), ended.GetProperty("result").GetProperty("transactionId").GetString());
    }
}
