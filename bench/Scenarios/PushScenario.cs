using System.Diagnostics;
using Amps.Ocpp.Actions;
using Amps.Ocpp.Bench.Load;
using Amps.Ocpp.Bench.Measuring;
using Amps.Ocpp.Bench.Stores;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Bench.Scenarios;

/// <summary>
/// The durable insert that a push waits for, engine by engine: the store as it is, the store with one commit a push, and the
/// engine's own driver with a bare group commit. Every turn has a new database.
/// </summary>
internal static class PushScenario
{
    private static int s_number;

    private static readonly ChargePointId s_chargePoint = ChargePointId.TryParse("CP00000", out ChargePointId id) ? id : default;

    public static async Task RunAsync(BenchOptions options, ResultTable table)
    {
        await using PostgresPushEngine postgres = await PostgresPushEngine.StartAsync();
        foreach (IPushEngine engine in (IPushEngine[])[new SqlitePushEngine(), postgres])
        {
            await ManyAsync(engine, options, table);
            await AloneAsync(engine, options, table);
        }
    }

    private static async Task ManyAsync(IPushEngine engine, BenchOptions options, ResultTable table)
    {
        List<double> store = [], single = [], bare = [];
        for (int i = -1; i < options.Rounds; i++)
        {
            // The first round only warms up.
            TimeSpan length = i < 0 ? options.WarmUp / 3 : options.Length;
            double ours = await StoreAsync(engine, maxBatch: null, options.Connections, length);
            double alone = await StoreAsync(engine, maxBatch: 1, options.Connections, length);
            double reference = await BareAsync(engine, options.Connections, length);
            if (i < 0)
                continue;
            store.Add(ours);
            single.Add(alone);
            bare.Add(reference);
        }
        string clients = $"{engine.Name}, {options.Connections} clients: inserts/s";
        table.Add($"{clients}, store ÷ bare group commit", new Series(store), new Series(bare), Series.Ratio(store, bare), "≥ 0.8");
        table.Add($"{clients}, store ÷ store with one commit a push", new Series(store), new Series(single), Series.Ratio(store, single), "≥ 2.5");
    }

    private static async Task AloneAsync(IPushEngine engine, BenchOptions options, ResultTable table)
    {
        List<double> store = [], bare = [];
        for (int i = -1; i < options.Rounds; i++)
        {
            TimeSpan length = i < 0 ? options.WarmUp / 4 : options.Length / 2;
            double ours = await StoreAloneAsync(engine, length);
            double reference = await BareAloneAsync(engine, length);
            if (i < 0)
                continue;
            store.Add(ours);
            bare.Add(reference);
        }
        table.Add($"{engine.Name}, one client: p50 of an insert, µs", new Series(store), new Series(bare), Series.Ratio(store, bare), "≤ 1.5");
    }

    private static async Task<double> StoreAsync(IPushEngine engine, int? maxBatch, int clients, TimeSpan length)
    {
        using var data = new TemporaryDirectory();
        Storage.StorageOptions options = engine.Options(data.Path);
        await using OpenStore store = await OpenStore.OpenAsync(maxBatch is { } max ? options with { MaxBatch = max } : options);
        return await RateAsync(action => store.Actions.InsertAsync(action, replace: false, CancellationToken.None), clients, length);
    }

    private static async Task<double> BareAsync(IPushEngine engine, int clients, TimeSpan length)
    {
        using var data = new TemporaryDirectory();
        await OpenStore.PrepareAsync(engine.Options(data.Path));
        using var group = new GroupCommit(engine.OpenBare(data.Path));
        return await RateAsync(group.InsertAsync, clients, length);
    }

    private static async Task<double> StoreAloneAsync(IPushEngine engine, TimeSpan length)
    {
        using var data = new TemporaryDirectory();
        await using OpenStore store = await OpenStore.OpenAsync(engine.Options(data.Path));
        return await MedianAsync(action => store.Actions.InsertAsync(action, replace: false, CancellationToken.None), length);
    }

    private static async Task<double> BareAloneAsync(IPushEngine engine, TimeSpan length)
    {
        using var data = new TemporaryDirectory();
        await OpenStore.PrepareAsync(engine.Options(data.Path));
        using IBareActions bare = engine.OpenBare(data.Path);
        return await MedianAsync(action =>
        {
            bare.Insert(action);
            return Task.CompletedTask;
        }, length);
    }

    private static async Task<double> RateAsync(Func<ActionRecord, Task> insert, int clients, TimeSpan length)
    {
        var load = new ClosedLoop([.. Enumerable.Repeat<Func<ValueTask>>(() => new ValueTask(insert(NewAction())), clients)]);
        long start = Stopwatch.GetTimestamp();
        long inserted = await load.RunAsync(length);
        return inserted / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> MedianAsync(Func<ActionRecord, Task> insert, TimeSpan length)
    {
        var times = new List<double>();
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < length)
        {
            ActionRecord action = NewAction();
            long start = Stopwatch.GetTimestamp();
            await insert(action);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }
        return new Series(times).Median;
    }

    private static ActionRecord NewAction()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return new ActionRecord
        {
            Id = ActionId.New(now),
            DeviceId = new DeviceId($"device{Interlocked.Increment(ref s_number):00000000}"),
            ChargePoint = s_chargePoint,
            ConnectorId = 1,
            CustomerId = "customer",
            Environment = ApiEnvironment.Live,
            Command = ChargerCommand.Idle,
            State = ActionState.Acknowledged,
            CreatedAt = now,
            UpdatedAt = now,
            AcknowledgedAt = now,
        };
    }
}
