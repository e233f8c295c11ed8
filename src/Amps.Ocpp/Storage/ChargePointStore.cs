using System.Data.Common;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage;

/// <summary>Transactions, what is kept of unbelievable stops, and the last known states of a charge point.</summary>
internal sealed partial class ChargePointStore(IDatabase database) : IChargePointStore
{
    private const string Superseded = "Superseded";

    // The newest unbelievable stops of each charge point; one that repeats nonsense for ever cannot fill the disk.
    private const long QuarantineCapacity = 1000;

    private const string OpenStatement = """
        INSERT INTO transactions (charge_point, connector_id, id_tag, started_at, meter_start_wh, received_at)
        VALUES (@charge_point, @connector, @id_tag, @started_at, @meter, @received_at)
        ON CONFLICT (charge_point, connector_id, id_tag, started_at, meter_start_wh) DO NOTHING
        RETURNING id
        """;

    private const string FindRepeatedStatement = """
        SELECT id FROM transactions
        WHERE charge_point = @charge_point AND connector_id = @connector AND id_tag = @id_tag
            AND started_at = @started_at AND meter_start_wh = @meter
        """;

    private const string SupersedeStatement = """
        UPDATE transactions SET stopped_at = @at, stop_reason = @reason
        WHERE charge_point = @charge_point AND connector_id = @connector AND stopped_at IS NULL
            AND id <> @id AND started_at <= @at
        """;

    private const string StopColumns = """
        UPDATE transactions
        SET stopped_at = @stopped_at, meter_stop_wh = @meter, stop_reason = @reason, stop_id_tag = @id_tag,
            stop_received_at = @received_at, stop_payload = @payload
        WHERE id = @id AND charge_point = @charge_point
        """;

    private const string CloseStatement = StopColumns + " AND stopped_at IS NULL";

    // An end that nobody told gives way to the charge point's own word: its register is what is billed.
    private const string CompleteStatement = StopColumns + " AND stop_received_at IS NULL";

    private const string QuarantineStatement = """
        INSERT INTO quarantined_stops
            (charge_point, transaction_id, stopped_at, meter_stop_wh, reason, id_tag, received_at, payload)
        VALUES (@charge_point, @id, @stopped_at, @meter, @reason, @id_tag, @received_at, @payload)
        """;

    private const string TrimQuarantineStatement = """
        DELETE FROM quarantined_stops
        WHERE charge_point = @charge_point AND id <= (
            SELECT id FROM quarantined_stops WHERE charge_point = @charge_point
            ORDER BY id DESC LIMIT 1 OFFSET @capacity)
        """;

    private const string ListOpenStatement = """
        SELECT id, connector_id, id_tag, started_at, meter_start_wh, station_id FROM transactions
        WHERE charge_point = @charge_point AND stopped_at IS NULL
        ORDER BY connector_id, started_at DESC, id DESC
        """;

    private const string FindStatement = """
        SELECT id, connector_id, id_tag, started_at, meter_start_wh, stopped_at, meter_stop_wh, stop_reason, charge_point
        FROM transactions WHERE id = @id
        """;

    private const string NewerStatement = "SELECT generation FROM link_generations WHERE charge_point = @charge_point AND generation > @generation";

    private const string CloseInferredStatement = """
        UPDATE transactions
        SET stopped_at = CASE WHEN started_at > @at THEN started_at ELSE @at END, stop_reason = @reason
        WHERE id = @id AND charge_point = @charge_point AND stopped_at IS NULL
        """;

    /// <inheritdoc/>
    public Task<ChargePointMemory> RecallAsync(
        ChargePointId chargePoint, IReadOnlyList<DeviceId> devices, CancellationToken cancellationToken) =>
        database.ReadAsync(
            session => new ChargePointMemory(
                session.Query(ListOpenStatement, row => ReadOpen(row, chargePoint) with { StationId = row.GetText(5) }, ("@charge_point", chargePoint.ToKey()))
                    .DistinctBy(transaction => transaction.ConnectorId)
                    .ToList(),
                ById(LastKnownStateStore.Find(session, devices))),
            cancellationToken);

    /// <summary>Kept for every charge point, so the usual empty one is shared.</summary>
    private static IReadOnlyDictionary<string, ChargerSnapshot> ById(List<ChargerSnapshot> snapshots) => snapshots.Count == 0
        ? System.Collections.ObjectModel.ReadOnlyDictionary<string, ChargerSnapshot>.Empty
        : snapshots.ToDictionary(snapshot => snapshot.DeviceId, StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task<long> OpenTransactionAsync(NewTransaction transaction, CancellationToken cancellationToken) =>
        transaction.Generation is not null
            ? database.WriteAsync(session => { Fence(session, transaction.ChargePoint, transaction.Generation); return Open(transaction).Run(session); }, cancellationToken)
            : database.WriteAsync(Open(transaction), cancellationToken);

    /// <inheritdoc/>
    public Task<TransactionRecord?> FindTransactionAsync(long transactionId, CancellationToken cancellationToken) =>
        database.ReadAsync(session => session.First(FindStatement, ReadAny, ("@id", transactionId)), cancellationToken);

    /// <inheritdoc/>
    public Task<StopOutcome> CloseTransactionAsync(TransactionStop stop, CancellationToken cancellationToken) =>
        database.WriteAsync(session => Close(session, stop), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> CloseInferredAsync(InferredEnd end, CancellationToken cancellationToken) =>
        database.WriteAsync(
            session =>
            {
                Fence(session, end.ChargePoint, end.Generation);
                return session.Execute(
                    CloseInferredStatement,
                    ("@id", end.TransactionId),
                    ("@charge_point", end.ChargePoint.ToKey()),
                    ("@at", end.At.ToColumn()),
                    ("@reason", end.Reason)) > 0;
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task SaveSnapshotsAsync(IReadOnlyList<ChargerSnapshot> snapshots, CancellationToken cancellationToken) =>
        database.WriteAsync(
            session =>
            {
                foreach (ChargerSnapshot snapshot in snapshots)
                    LastKnownStateStore.Save(session, snapshot);
                return snapshots.Count;
            },
            cancellationToken);

    private static SqlWrite<long> Open(NewTransaction transaction)
    {
        (string, object?)[] key =
        [
            ("@charge_point", transaction.ChargePoint.ToKey()),
            ("@connector", transaction.ConnectorId),
            ("@id_tag", transaction.IdTag),
            ("@started_at", transaction.StartedAt.ToColumn()),
            ("@meter", transaction.MeterStartWh),
        ];
        return new SqlWrite<long>(
            new SqlStatement(OpenStatement, [.. key, ("@received_at", transaction.ReceivedAt.ToColumn())]),
            (session, opened) =>
            {
                if (opened is not { } id)
                    return session.First(FindRepeatedStatement, ReadId, key);
                Supersede(session, id, transaction);
                return id;
            });
    }

    private static void Supersede(SqlSession session, long id, NewTransaction transaction) => session.Execute(
        SupersedeStatement,
        ("@id", id),
        ("@charge_point", transaction.ChargePoint.ToKey()),
        ("@connector", transaction.ConnectorId),
        ("@at", transaction.StartedAt.ToColumn()),
        ("@reason", Superseded));

    private static void Fence(SqlSession session, ChargePointId chargePoint, long? generation)
    {
        if (generation is not null && session.First(NewerStatement, ReadId, ("@charge_point", chargePoint.ToKey()), ("@generation", generation)) is var newer and > 0)
            throw new LinkSupersededException($"The charge point has a newer link, {newer}, than the {generation} that told this.");
    }

    private static StopOutcome Close(SqlSession session, TransactionStop stop)
    {
        Fence(session, stop.ChargePoint, stop.Generation);
        ReadOnlySpan<(string, object?)> values =
        [
            ("@id", stop.TransactionId),
            ("@charge_point", stop.ChargePoint.ToKey()),
            ("@stopped_at", stop.StoppedAt.ToColumn()),
            ("@meter", stop.MeterStopWh),
            ("@reason", stop.Reason),
            ("@id_tag", stop.IdTag),
            ("@received_at", stop.ReceivedAt.ToColumn()),
            ("@payload", stop.RawPayload),
        ];
        if (session.Execute(CloseStatement, values) > 0)
            return StopOutcome.Closed;
        if (session.Execute(CompleteStatement, values) > 0)
            return StopOutcome.AlreadyClosed;
        long known = session.First(
            "SELECT id FROM transactions WHERE id = @id AND charge_point = @charge_point", ReadId, values[..2]);
        if (known != 0)
            return StopOutcome.AlreadyClosed;
        session.Execute(QuarantineStatement, values);
        session.Execute(TrimQuarantineStatement, values[1], ("@capacity", QuarantineCapacity));
        return StopOutcome.Quarantined;
    }

    private static long ReadId(DbDataReader row) => row.GetInt64(0);

    private static TransactionRecord ReadOpen(DbDataReader row, ChargePointId chargePoint) => new(
        row.GetInt64(0),
        chargePoint,
        row.GetInt32(1),
        row.GetString(2),
        row.GetTime(3),
        row.GetDouble(4),
        StoppedAt: null,
        MeterStopWh: null,
        StopReason: null);

    private static TransactionRecord ReadAny(DbDataReader row) => ReadOpen(row, row.GetChargePoint(8)) with
    {
        StoppedAt = row.GetTimeOrNull(5),
        MeterStopWh = row.GetNumber(6),
        StopReason = row.GetText(7),
    };
}
