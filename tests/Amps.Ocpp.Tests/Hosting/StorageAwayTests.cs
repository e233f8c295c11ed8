using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Amps.Ocpp.Storage;
using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Amps.Ocpp.Tests.Hosting;

/// <summary>The whole house while its store is away, and when it comes back (faults A16).</summary>
[Trait("row", "A16")]
public sealed class StorageAwayTests(PostgresServer server)
{
    [Fact]
    [Trait("row", "D10")]
    public async Task While_PostgreSQL_is_stopped_reads_go_on_and_pushes_are_refused_until_it_is_back()
    {
        await using PostgresProcess postgres = await PostgresProcess.StartNewAsync();
        await using House house = await House.StartAsync(PostgresServer.SettingsFor(await postgres.CreateDatabaseAsync()));

        await postgres.StopAsync();
        await house.AssertRefusedAsync();
        await house.AssertReadsAsync();
        await house.UntilReadyAsync(HttpStatusCode.ServiceUnavailable);
        await postgres.StartAsync();
        await house.UntilReadyAsync(HttpStatusCode.OK);

        await house.AssertPushesAsync();
    }

    [Fact]
    [Trait("row", "D10")]
    public async Task A_PostgreSQL_that_crashed_while_nobody_wrote_is_noticed_and_its_return_too()
    {
        await using PostgresProcess postgres = await PostgresProcess.StartNewAsync();
        await using House house = await House.StartAsync(PostgresServer.SettingsFor(await postgres.CreateDatabaseAsync()));

        await postgres.CrashAsync();
        await house.UntilReadyAsync(HttpStatusCode.ServiceUnavailable);
        await postgres.StartAsync();
        await house.UntilReadyAsync(HttpStatusCode.OK);

        await house.AssertPushesAsync();
    }

    [Fact]
    [Trait("row", "D11")]
    public async Task While_PostgreSQL_does_not_answer_pushes_are_refused_in_time_and_leave_nothing_behind()
    {
        await using PostgresProcess postgres = await PostgresProcess.StartNewAsync();
        await using House house = await House.StartAsync(PostgresServer.SettingsFor(await postgres.CreateDatabaseAsync()));

        await postgres.FreezeAsync();
        Task[] pushes = [.. Enumerable.Range(0, 20).Select(_ => house.AssertRefusedAsync())];
        for (int i = 0; i < 20; i++)
            await house.AssertReadsAsync();
        await Task.WhenAll(pushes);
        await house.UntilReadyAsync(HttpStatusCode.ServiceUnavailable);
        await postgres.ThawAsync();
        await house.UntilReadyAsync(HttpStatusCode.OK);

        await house.AssertPushesAsync();
    }

    [Fact]
    [Trait("row", "D10")]
    public async Task Sessions_ended_by_PostgreSQL_under_load_lose_no_accepted_push()
    {
        string database = await server.CreateDatabaseAsync();
        await using House house = await House.StartAsync(PostgresServer.SettingsFor(database));
        string[] devices = [.. Enumerable.Range(1, 60).Select(i => $"loaded{i}")];
        await house.Service.RegisterAsync("CP2", "customer", devices);

        Task<(HttpStatusCode Status, JsonElement Body)>[] pushes = [.. devices.Select((device, i) => Task.Run(async () =>
        {
            await Task.Delay(i * 10);
            return await house.App.TrySendAsync(HttpMethod.Post, $"/ev-charger/{device}", House.Scheduled());
        }))];
        for (int i = 0; i < 10; i++)
        {
            await PostgresProcess.ExecuteAsync(
                database, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
            await Task.Delay(60);
        }
        (HttpStatusCode Status, JsonElement Body)[] answers = await Task.WhenAll(pushes);
        await house.UntilReadyAsync(HttpStatusCode.OK);

        Assert.All(answers, answer => Assert.True(answer.Status is HttpStatusCode.Accepted or HttpStatusCode.ServiceUnavailable, answer.Body.ToString()));
        string[] accepted = [.. answers.Where(answer => answer.Status == HttpStatusCode.Accepted).Select(answer => answer.Body.GetProperty("data").GetProperty("id").GetString()!)];
        foreach (string id in accepted)
            Assert.Equal("scheduled", (await house.App.DataAsync($"/actions/{id}")).GetProperty("state").GetString());
        await house.App.UntilAsync("/actions", page => page.GetProperty("pagination").GetProperty("total").GetInt32() == accepted.Length);
    }

    [Fact]
    [Trait("row", "D8")]
    [Trait("row", "H23")]
    [Trait("row", "C17")]
    public async Task While_another_process_holds_the_SQLite_file_pushes_are_refused_until_it_lets_go()
    {
        await using House house = await House.StartAsync();

        using (var other = new SqliteConnection($"Data Source={Path.Combine(house.Service.Data, "amps.db")};Pooling=False"))
        {
            other.Open();
            Run(other, "BEGIN IMMEDIATE");
            await house.AssertRefusedAsync();
            await house.AssertReadsAsync();
            await house.UntilReadyAsync(HttpStatusCode.ServiceUnavailable);
            // A newcomer is told to come again; who is connected already is answered, whoever waits for the disk.
            Assert.Equal(503, RawHandshake.Status(await RawHandshake.KnockAsync(house.Service.Ocpp.Port, "/ocpp/NEWCOMER")));
            Run(other, "ROLLBACK");
        }
        await house.UntilReadyAsync(HttpStatusCode.OK);

        await house.AssertPushesAsync();
    }

    [Fact]
    [Trait("row", "D3")]
    public async Task While_the_disk_of_the_SQLite_file_is_full_pushes_are_refused_until_there_is_room()
    {
        await using House house = await House.StartAsync();
        string[] devices = [.. Enumerable.Range(1, 64).Select(i => $"filling{i}")];
        await house.Service.RegisterAsync("CP2", "customer", devices);
        // The limit belongs to the writer's connection, which is replaced after it failed: by then there is room again.
        await house.Service.Services.GetRequiredService<IDatabase>().WriteAsync(
            session => session.First(
                $"PRAGMA max_page_count = {session.First("PRAGMA page_count", row => row.GetInt64(0))}", row => row.GetInt64(0)),
            default);

        (HttpStatusCode Status, JsonElement Body) answer = await house.FillAsync(devices);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.Equal("SERVICE_UNAVAILABLE", answer.Body.GetProperty("error").GetProperty("code").GetString());
        await house.AssertReadsAsync();
        await house.UntilReadyAsync(HttpStatusCode.OK);

        await house.AssertPushesAsync();
    }

    [Fact]
    [Trait("row", "D9")]
    public async Task A_second_service_on_the_same_data_directory_refuses_to_start()
    {
        await using House house = await House.StartAsync();

        StorageStartException refused = await Assert.ThrowsAsync<StorageStartException>(() => ServiceHost.StartOnAsync(house.Service.Data, "Amps:Mqtt:Mode=Off"));

        Assert.Contains("in use by another process", refused.Message, StringComparison.Ordinal);
        await house.AssertPushesAsync();
    }

    private static void Run(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    /// <summary>A service with one connected charger that has been read once.</summary>
    private sealed record House(ServiceHost Service, ApiClient App, TestChargePoint Charger) : IAsyncDisposable
    {
        public static async Task<House> StartAsync(params string[] settings)
        {
            ServiceHost service = await ServiceHost.StartAsync(["Amps:Mqtt:Mode=Off", "Amps:RateLimit:RequestsPerSecond=1000", .. settings]);
            service.ExpectedErrors.Add("Storage takes no writes");
            ApiClient app = await service.CustomerAsync();
            await service.RegisterAsync("CP1", "customer", "dev1");
            TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
            charger.On("RemoteStartTransaction", _ => new { status = "Rejected" });
            await charger.StatusAsync("Preparing");
            await app.UntilAsync("/ev-charger/dev1", read => read.GetProperty("state").GetProperty("status").GetString() == "preparing");
            return new House(service, app, charger);
        }

        public static object Scheduled() => new
        {
            action = new { command = "charge", start = DateTime.UtcNow.AddHours(2).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) },
        };

        /// <summary>A push is refused as the canonical API says, in under six seconds.</summary>
        public async Task AssertRefusedAsync()
        {
            long started = Stopwatch.GetTimestamp();
            using var request = new HttpRequestMessage(HttpMethod.Post, "/ev-charger/dev1");
            request.Headers.Add("x-api-key", App.Key);
            request.Content = JsonContent.Create(new { action = new { command = "charge" } });
            using HttpResponseMessage answer = await App.Http.SendAsync(request);
            JsonElement body = await answer.Content.ReadFromJsonAsync<JsonElement>();

            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Equal("SERVICE_UNAVAILABLE", body.GetProperty("error").GetProperty("code").GetString());
            RetryConditionHeaderValue? retry = answer.Headers.RetryAfter;
            Assert.InRange(retry?.Delta ?? TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
            Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 6);
        }

        public async Task AssertReadsAsync()
        {
            long started = Stopwatch.GetTimestamp();
            Assert.Equal("preparing", (await App.DataAsync("/ev-charger/dev1")).GetProperty("state").GetProperty("status").GetString());
            Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 2);
        }

        /// <summary>No half action is in the way of a new one, and it is carried out.</summary>
        public async Task AssertPushesAsync()
        {
            int before = (await App.DataAsync("/actions")).GetProperty("pagination").GetProperty("total").GetInt32();
            JsonElement ended = await App.RunAsync("dev1", "charge");
            Assert.Equal("COMMAND_REJECTED", ended.GetProperty("errorCode").GetString());
            int filled = (await App.DataAsync("/actions?state=scheduled")).GetProperty("pagination").GetProperty("total").GetInt32();
            Assert.Equal(before, filled);
        }

        /// <summary>Pushes until one is refused.</summary>
        public async Task<(HttpStatusCode Status, JsonElement Body)> FillAsync(string[] devices)
        {
            (HttpStatusCode Status, JsonElement Body) answer = default;
            foreach (string device in devices)
            {
                answer = await App.TrySendAsync(HttpMethod.Post, $"/ev-charger/{device}", Scheduled());
                if (answer.Status == HttpStatusCode.ServiceUnavailable)
                    break;
            }
            return answer;
        }

        public async Task UntilReadyAsync(HttpStatusCode status) => await Wait.UntilAsync(
            async () =>
            {
                using HttpResponseMessage answer = await App.Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
                return answer.StatusCode == status;
            },
            $"/health/ready answers {status}");

        public async ValueTask DisposeAsync()
        {
            await Charger.DisposeAsync();
            App.Dispose();
            await Service.DisposeAsync();
        }
    }
}
