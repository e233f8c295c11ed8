using System.Diagnostics;
using Amps.Ocpp.Actions;
using Amps.Ocpp.Model;
using Amps.Ocpp.Tests.Support;
using Npgsql;
using NpgsqlTypes;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>What group commit is worth on PostgreSQL, against one commit per push on a connection per client.</summary>
public sealed class PostgresThroughputTests(PostgresServer server, ITestOutputHelper output)
{
    private const int Clients = 64;
    private const int Rounds = 5;
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(2);

    private int _device;

    [Fact(Skip = "It measures: only where AMPS_LONG_TESTS is 1.", SkipUnless = nameof(IsLongRun))]
    public async Task Sixty_four_clients_push_at_least_two_and_a_half_times_as_fast_as_with_one_commit_a_push()
    {
        await using PostgresStoreFixture store = await PostgresStoreFixture.OpenNewAsync(server);
        await using var source = NpgsqlDataSource.Create(store.ConnectionString + $";MaxPoolSize={Clients};MaxAutoPrepare=20;AutoPrepareMinUsages=2");
        await PushesAsync(_ => OneCommitAsync(source));
        await PushesAsync(_ => GroupCommitAsync(store));

        var ratios = new List<double>();
        for (int round = 0; round < Rounds; round++)
        {
            double apart = await PushesAsync(_ => OneCommitAsync(source));
            double together = await PushesAsync(_ => GroupCommitAsync(store));
            ratios.Add(together / apart);
            output.WriteLine($"one commit a push {apart:0}/s, group commit {together:0}/s, ratio {together / apart:0.00}");
        }

        await LoneAsync(() => OneCommitAsync(source));
        output.WriteLine($"alone, median: one commit {await LoneAsync(() => OneCommitAsync(source)):0} us, group commit {await LoneAsync(() => GroupCommitAsync(store)):0} us");
        ratios.Sort();
        Assert.True(ratios[Rounds / 2] >= 2.5, $"The median ratio is {ratios[Rounds / 2]:0.00}.");
    }

    public static bool IsLongRun => Environment.GetEnvironmentVariable("AMPS_LONG_TESTS") == "1";

    private static async Task<double> PushesAsync(Func<int, Task> push)
    {
        long started = Stopwatch.GetTimestamp();
        int[] pushes = await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            int count = 0;
            for (; Stopwatch.GetElapsedTime(started) < Round; count++)
                await push(client);
            return count;
        })));
        return pushes.Sum() / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task<double> LoneAsync(Func<Task> push)
    {
        var times = new List<double>();
        for (int i = 0; i < 2000; i++)
        {
            long started = Stopwatch.GetTimestamp();
            await push();
            times.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }
        times.Sort();
        return times[times.Count / 2];
    }

    private async Task GroupCommitAsync(PostgresStoreFixture store)
    {
        int number = Interlocked.Increment(ref _device);
        ActionRecord action = Sample.Action($"device-{number}") with { Id = ActionId.New(At(number)), CreatedAt = At(number), UpdatedAt = At(number) };
        Assert.True((await store.Actions.InsertAsync(action, replace: false, default)).Inserted);
    }

    private async Task OneCommitAsync(NpgsqlDataSource source)
    {
        await using NpgsqlCommand command = source.CreateCommand("""
            INSERT INTO actions (id, device_id, charge_point, connector_id, customer_id, user_id, environment, command, state, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (device_id) WHERE state IN ('scheduled', 'acknowledged') DO NOTHING
            RETURNING 1
            """);
        int number = Interlocked.Increment(ref _device);
        Add(command, ActionId.New(At(number)).Value, $"device-{number}", "Rdam 123", 1L, "acme", "user-1", "live", "charge", "acknowledged", At(number).UtcTicks, At(number).UtcTicks);
        Assert.NotNull(await command.ExecuteScalarAsync());
    }

    private static void Add(NpgsqlCommand command, params object[] values)
    {
        foreach (object value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value, NpgsqlDbType = value is long ? NpgsqlDbType.Bigint : NpgsqlDbType.Text });
    }

    // As it is in life, later rows are later: they go to the end of their indexes.
    private static DateTimeOffset At(int number) => Sample.Noon.AddTicks(number * 1000L);
}
