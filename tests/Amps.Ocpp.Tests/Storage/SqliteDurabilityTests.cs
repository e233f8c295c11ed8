using System.Collections.Concurrent;
using System.Diagnostics;
using Amps.Ocpp.Actions;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Microsoft.Data.Sqlite;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>What is on disk at any moment, and how the log is kept short.</summary>
public sealed class SqliteDurabilityTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [Trait("row", "D1")]
    public async Task Whatever_was_acknowledged_is_in_the_files_of_that_moment_once(int seed)
    {
        await using SqliteStoreFixture live = await SqliteStoreFixture.OpenNewAsync(options => options with { CheckpointPages = 50 });
        await using var copy = new SqliteStoreFixture();
        await live.Registry.SaveCustomerAsync(new Customer("acme", true, Sample.Noon), default);
        // With a reader on its first state the log is copied but never begun anew: so the two files, read one after the other, fit.
        using SqliteConnection reader = HoldReader(live);
        var actions = new ConcurrentBag<ActionRecord>();
        var transactions = new ConcurrentBag<(NewTransaction Start, long Id)>();
        using var stop = new CancellationTokenSource();
        Task[] writers = [.. Enumerable.Range(0, 8).Select(writer => Task.Run(() => WriteAsync(writer)))];

        int enough = new Random(seed).Next(100, 2000);
        await Eventually.TrueAsync(() => actions.Count + transactions.Count >= enough);
        ActionRecord[] acknowledgedActions = [.. actions];
        (NewTransaction Start, long Id)[] acknowledgedTransactions = [.. transactions];
        await CopyAsync(live.DatabaseFile, copy.DatabaseFile);
        await CopyAsync(live.DatabaseFile + "-wal", copy.DatabaseFile + "-wal");
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        await copy.OpenAsync();
        Assert.Equal("ok", await copy.Database.ReadAsync(session => session.First("PRAGMA quick_check", row => row.GetString(0)), default));
        foreach (ActionRecord action in acknowledgedActions)
            Assert.Equal(action, await copy.Actions.FindAsync(action.Id, default));
        foreach ((NewTransaction start, long id) in acknowledgedTransactions)
            Assert.Equal(id, await copy.ChargePoints.OpenTransactionAsync(start, default));

        async Task WriteAsync(int writer)
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                ActionRecord action = Sample.Action($"d{writer}-{i}", i);
                await live.Actions.InsertAsync(action, replace: false, default);
                actions.Add(action);
                NewTransaction start = Sample.Start($"CP{writer}", minute: i);
                transactions.Add((start, await live.ChargePoints.OpenTransactionAsync(start, default)));
            }
        }
    }

    [Fact]
    [Trait("row", "D7")]
    public async Task A_log_that_a_reader_kept_long_becomes_short_once_the_reader_is_gone()
    {
        const long bound = 256 * 1024;
        await using SqliteStoreFixture store = await SqliteStoreFixture.OpenNewAsync(
            options => options with { CheckpointPages = 20, MaxLogBytes = bound });
        await store.Registry.SaveCustomerAsync(new Customer("acme", true, Sample.Noon), default);
        int written = 0;
        using (HoldReader(store))
        {
            while (LogBytes() < 2 * bound)
                await WriteAsync();
        }

        while (LogBytes() > bound && written < 20_000)
            await WriteAsync();

        Assert.InRange(LogBytes(), 0, bound);
        Assert.Equal(written, (await store.Actions.ListAsync(new ActionFilter("acme", ApiEnvironment.Live), 0, 1, default)).Total);

        long LogBytes() => new FileInfo(store.DatabaseFile + "-wal").Length;

        async Task WriteAsync() => await store.Actions.InsertAsync(Sample.Action($"d{written++}"), replace: false, default);
    }

    private static SqliteConnection HoldReader(SqliteStoreFixture store)
    {
        var connection = new SqliteConnection($"Data Source={store.DatabaseFile};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "BEGIN; SELECT COUNT(*) FROM customers;";
        command.ExecuteScalar();
        return connection;
    }

    // By another process: closing a handle of the live database in this one would drop the locks that guard it.
    private static async Task CopyAsync(string from, string to)
    {
        using Process process = Process.Start("cp", [from, to]);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
