using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>What every engine's store of transactions and last known states does.</summary>
public abstract class ChargePointStoreTests(StoreFixture store) : IAsyncLifetime
{
    private static readonly ChargePointId Cp1 = Sample.Cp("CP1");

    private IChargePointStore ChargePoints => store.ChargePoints;

    public async ValueTask InitializeAsync() => await store.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task An_open_transaction_is_recalled_after_a_restart_under_any_spelling_of_the_identity()
    {
        long id = await ChargePoints.OpenTransactionAsync(Sample.Start(meter: 1234.5), default);

        await store.ReopenAsync();
        ChargePointMemory memory = await ChargePoints.RecallAsync(Sample.Cp("cp1"), [], default);

        Assert.Equal(
            new TransactionRecord(id, Sample.Cp("cp1"), 1, "TAG", Sample.Noon, 1234.5, null, null, null),
            Assert.Single(memory.OpenTransactions));
        Assert.Empty(memory.LastSnapshots);
    }

    [Fact]
    public async Task Transaction_ids_are_above_zero_31_bit_and_rise_across_restarts()
    {
        var ids = new List<long>();
        for (int i = 0; i < 6; i++)
        {
            ids.Add(await ChargePoints.OpenTransactionAsync(Sample.Start($"CP{i}"), default));
            if (i % 2 == 1)
                await store.ReopenAsync();
        }

        Assert.Equal(ids.Order().Distinct(), ids);
        Assert.All(ids, id => Assert.InRange(id, 1, int.MaxValue));
    }

    [Fact]
    [Trait("row", "P21")]
    public async Task A_stations_own_transaction_is_one_whatever_order_it_is_told_in()
    {
        NewTransaction update = Sample.Start(meter: 500) with { IdTag = "", StartedAt = Sample.Noon.AddMinutes(5) };
        StationTransaction first = await ChargePoints.OpenStationTransactionAsync(update, "station-1", default);
        StationTransaction start = await ChargePoints.OpenStationTransactionAsync(Sample.Start(meter: 100), "station-1", default);
        Assert.Equal(first, start);

        await store.ReopenAsync();
        TransactionRecord open = Assert.Single((await RecallAsync()).OpenTransactions);
        Assert.Equal((first.Id, "TAG", Sample.Noon, 100, "station-1"), (open.Id, open.IdTag, open.StartedAt, open.MeterStartWh, open.StationId));

        StationTransaction next = await ChargePoints.OpenStationTransactionAsync(Sample.Start(meter: 600) with { StartedAt = Sample.Noon.AddHours(1) }, "station-2", default);
        Assert.Equal("station-2", Assert.Single((await RecallAsync()).OpenTransactions).StationId);
        Assert.True((await ChargePoints.OpenStationTransactionAsync(update, "station-1", default)).Ended);
        Assert.NotEqual(first.Id, next.Id);
    }

    [Fact]
    [Trait("row", "P13")]
    public async Task A_repeated_start_gives_the_same_id_and_one_transaction()
    {
        long first = await ChargePoints.OpenTransactionAsync(Sample.Start(), default);
        NewTransaction again = Sample.Start("cp1") with { ReceivedAt = Sample.Noon.AddHours(1) };

        long[] repeated = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ChargePoints.OpenTransactionAsync(again, default)));

        Assert.All(repeated, id => Assert.Equal(first, id));
        Assert.Single((await RecallAsync()).OpenTransactions);
    }

    [Fact]
    [Trait("row", "P13")]
    public async Task A_start_repeated_after_its_transaction_ended_opens_nothing()
    {
        long id = await ChargePoints.OpenTransactionAsync(Sample.Start(), default);
        await ChargePoints.CloseTransactionAsync(Sample.Stop(id), default);

        Assert.Equal(id, await ChargePoints.OpenTransactionAsync(Sample.Start(), default));
        Assert.Empty((await RecallAsync()).OpenTransactions);
    }

    [Fact]
    [Trait("row", "P14")]
    public async Task A_start_while_one_is_open_closes_the_old_one_as_superseded()
    {
        long old = await ChargePoints.OpenTransactionAsync(Sample.Start(), default);
        long elsewhere = await ChargePoints.OpenTransactionAsync(Sample.Start(connector: 2), default);

        long id = await ChargePoints.OpenTransactionAsync(Sample.Start(minute: 5), default);

        Assert.NotEqual(old, id);
        Assert.Equal([id, elsewhere], (await RecallAsync()).OpenTransactions.Select(transaction => transaction.Id));
        Assert.Equal(("Superseded", Sample.Noon.AddMinutes(5)), await EndOfAsync(old));
    }

    [Fact]
    [Trait("row", "P14")]
    public async Task A_start_told_late_does_not_close_the_newer_one()
    {
        long newer = await ChargePoints.OpenTransactionAsync(Sample.Start(minute: 30), default);

        long late = await ChargePoints.OpenTransactionAsync(Sample.Start(minute: -30), default);

        Assert.Equal(newer, Assert.Single((await RecallAsync()).OpenTransactions).Id);
        Assert.Equal(StopOutcome.Closed, await ChargePoints.CloseTransactionAsync(Sample.Stop(late, minute: 0), default));
        Assert.Equal(newer, Assert.Single((await RecallAsync()).OpenTransactions).Id);
    }

    [Fact]
    [Trait("row", "P17")]
    public async Task A_stop_closes_and_a_second_stop_changes_nothing()
    {
        long id = await ChargePoints.OpenTransactionAsync(Sample.Start(), default);

        StopOutcome first = await ChargePoints.CloseTransactionAsync(Sample.Stop(id, "cp1"), default);
        StopOutcome second = await ChargePoints.CloseTransactionAsync(Sample.Stop(id, minute: 90, meter: 1) with { Reason = "Other" }, default);

        Assert.Equal(StopOutcome.Closed, first);
        Assert.Equal(StopOutcome.AlreadyClosed, second);
        Assert.Equal(("EVDisconnected", Sample.Noon.AddMinutes(60)), await EndOfAsync(id));
        Assert.Equal(0, await QuarantinedAsync("CP1"));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(4711)]
    [Trait("row", "P16")]
    public async Task A_stop_of_an_unknown_transaction_is_quarantined_and_touches_nothing(long id)
    {
        long open = await ChargePoints.OpenTransactionAsync(Sample.Start(), default);

        Assert.Equal(StopOutcome.Quarantined, await ChargePoints.CloseTransactionAsync(Sample.Stop(id), default));

        Assert.Equal(open, Assert.Single((await RecallAsync()).OpenTransactions).Id);
        Assert.Equal(1, await QuarantinedAsync("CP1"));
    }

    [Fact]
    [Trait("row", "P16")]
    public async Task A_stop_of_another_charge_points_transaction_is_quarantined_and_leaves_it_open()
    {
        long foreign = await ChargePoints.OpenTransactionAsync(Sample.Start(), default);

        Assert.Equal(StopOutcome.Quarantined, await ChargePoints.CloseTransactionAsync(Sample.Stop(foreign, "CP2"), default));

        Assert.Equal(foreign, Assert.Single((await RecallAsync()).OpenTransactions).Id);
        Assert.Equal(1, await QuarantinedAsync("CP2"));
    }

    [Fact]
    [Trait("row", "P16")]
    public async Task The_quarantine_keeps_the_newest_thousand_stops_of_a_charge_point()
    {
        await ChargePoints.CloseTransactionAsync(Sample.Stop(-1, "CP2"), default);
        await Task.WhenAll(Enumerable.Range(1, 1010).Select(i => ChargePoints.CloseTransactionAsync(Sample.Stop(-i), default)));
        await ChargePoints.CloseTransactionAsync(Sample.Stop(-5000), default);

        Assert.Equal(1000, await QuarantinedAsync("CP1"));
        Assert.Equal(1, await QuarantinedAsync("CP2"));
        Assert.Equal(-5000, await store.Database.ReadAsync(
            session => session.First("SELECT transaction_id FROM quarantined_stops ORDER BY id DESC LIMIT 1", row => row.GetInt64(0)), default));
    }

    [Fact]
    public async Task An_inferred_end_closes_an_open_transaction_and_the_charge_points_own_stop_completes_it()
    {
        long id = await ChargePoints.OpenTransactionAsync(Sample.Start(), default);

        await ChargePoints.CloseInferredAsync(Inferred(id, hour: 1), default);
        Assert.Equal(("Inferred", Sample.Noon.AddHours(1)), await EndOfAsync(id));
        Assert.Empty((await RecallAsync()).OpenTransactions);

        Assert.Equal(StopOutcome.AlreadyClosed, await ChargePoints.CloseTransactionAsync(Sample.Stop(id), default));
        Assert.Equal(("EVDisconnected", Sample.Noon.AddMinutes(60)), await EndOfAsync(id));
    }

    [Fact]
    public async Task An_inferred_end_leaves_a_told_end_and_other_charge_points_alone()
    {
        long told = await ChargePoints.OpenTransactionAsync(Sample.Start(), default);
        await ChargePoints.CloseTransactionAsync(Sample.Stop(told), default);
        long open = await ChargePoints.OpenTransactionAsync(Sample.Start(connector: 2), default);

        await ChargePoints.CloseInferredAsync(Inferred(told), default);
        await ChargePoints.CloseInferredAsync(Inferred(open) with { ChargePoint = Sample.Cp("CP2") }, default);

        Assert.Equal("EVDisconnected", (await EndOfAsync(told)).Reason);
        Assert.Equal(open, Assert.Single((await RecallAsync()).OpenTransactions).Id);
    }

    [Fact]
    [Trait("row", "C16")]
    public async Task Whatever_an_older_link_tells_of_a_transaction_is_refused_and_changes_nothing()
    {
        long old = await store.Registry.NextGenerationAsync(Cp1, default);
        long ours = await ChargePoints.OpenTransactionAsync(Sample.Start() with { Generation = old }, default);
        StationTransaction station = await ChargePoints.OpenStationTransactionAsync(Sample.Start(connector: 2) with { IdTag = "", Generation = old }, "station-1", default);
        long now = await store.Registry.NextGenerationAsync(Cp1, default);

        foreach (Func<Task> write in new Func<Task>[]
        {
            () => ChargePoints.OpenTransactionAsync(Sample.Start(connector: 3) with { Generation = old }, default),
            () => ChargePoints.OpenTransactionAsync(Sample.Start() with { Generation = old }, default),
            () => ChargePoints.OpenStationTransactionAsync(Sample.Start(connector: 2, minute: 1) with { Generation = old }, "station-2", default),
            () => ChargePoints.OpenStationTransactionAsync(Sample.Start(connector: 2) with { Generation = old }, "station-1", default),
            () => ChargePoints.CloseTransactionAsync(Sample.Stop(ours) with { Generation = old }, default),
            () => ChargePoints.CloseTransactionAsync(Sample.Stop(station.Id) with { Generation = old }, default),
            () => ChargePoints.CloseTransactionAsync(Sample.Stop(4711) with { Generation = old }, default),
            () => ChargePoints.CloseInferredAsync(Inferred(station.Id) with { Generation = old }, default),
        })
            await Assert.ThrowsAsync<LinkSupersededException>(write);

        IReadOnlyList<TransactionRecord> open = (await RecallAsync()).OpenTransactions;
        Assert.Equal([ours, station.Id], open.Select(transaction => transaction.Id));
        Assert.Equal("", open[1].IdTag);
        Assert.Equal(station, await ChargePoints.OpenStationTransactionAsync(Sample.Start(connector: 2) with { Generation = now }, "station-1", default));
        Assert.Equal(StopOutcome.Closed, await ChargePoints.CloseTransactionAsync(Sample.Stop(station.Id) with { Generation = now }, default));
        Assert.True(await ChargePoints.CloseInferredAsync(Inferred(ours) with { Generation = now }, default));
    }

    [Fact]
    public async Task The_newest_snapshot_of_each_device_is_kept()
    {
        ChargerSnapshot newest = Sample.Snapshot("d1", 5, ChargerStatus.Paused);
        ChargerSnapshot other = Sample.Snapshot("d2", 1);
        await ChargePoints.SaveSnapshotsAsync([Sample.Snapshot("d1", 4), other], default);
        await ChargePoints.SaveSnapshotsAsync([newest], default);
        await ChargePoints.SaveSnapshotsAsync([Sample.Snapshot("d1", 3, ChargerStatus.Faulted)], default);
        await ChargePoints.SaveSnapshotsAsync([], default);

        await store.ReopenAsync();
        ChargePointMemory memory = await ChargePoints.RecallAsync(Cp1, [new DeviceId("d1"), new DeviceId("d2"), new DeviceId("d3")], default);

        Assert.Equal(2, memory.LastSnapshots.Count);
        Assert.Equal(newest, memory.LastSnapshots["d1"]);
        Assert.Equal(other, memory.LastSnapshots["d2"]);
        Assert.Equal([newest], await store.LastKnownStates.FindSnapshotsAsync([new DeviceId("d1"), new DeviceId("d9")], default));
        Assert.Empty(await store.LastKnownStates.FindSnapshotsAsync([], default));
    }

    private Task<ChargePointMemory> RecallAsync() => ChargePoints.RecallAsync(Cp1, [], default);

    private Task<(string? Reason, DateTimeOffset At)> EndOfAsync(long id) => store.Database.ReadAsync(
        session => session.First(
            "SELECT stop_reason, stopped_at FROM transactions WHERE id = @id",
            row => ((string?)row.GetString(0), new DateTimeOffset(row.GetInt64(1), TimeSpan.Zero)),
            ("@id", id)),
        default);

    private static InferredEnd Inferred(long id, int hour = 5) => new(Cp1, id, Sample.Noon.AddHours(hour), "Inferred");

    private Task<long> QuarantinedAsync(string chargePoint) => store.Database.ReadAsync(
        session => session.First(
            "SELECT COUNT(*) FROM quarantined_stops WHERE charge_point = @id", row => row.GetInt64(0), ("@id", chargePoint)),
        default);
}

public sealed class SqliteChargePointStoreTests() : ChargePointStoreTests(new SqliteStoreFixture());
