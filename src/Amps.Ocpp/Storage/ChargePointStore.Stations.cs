using System.Data.Common;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage;

/// <summary>Transactions that the station numbers itself (OCPP 2.x).</summary>
internal sealed partial class ChargePointStore
{
    private const string OpenStationStatement = """
        INSERT INTO transactions (charge_point, connector_id, id_tag, started_at, meter_start_wh, received_at, station_id)
        VALUES (@charge_point, @connector, @id_tag, @started_at, @meter, @received_at, @station_id)
        ON CONFLICT DO NOTHING
        RETURNING id
        """;

    // What came first may not have been the start itself: an earlier word is nearer to it, and the token may follow later.
    private const string CompleteStationStatement = """
        UPDATE transactions
        SET id_tag = CASE WHEN id_tag = '' THEN @id_tag ELSE id_tag END,
            meter_start_wh = CASE WHEN @started_at < started_at THEN @meter ELSE meter_start_wh END,
            started_at = CASE WHEN @started_at < started_at THEN @started_at ELSE started_at END
        WHERE charge_point = @charge_point AND station_id = @station_id AND (id_tag = '' OR @started_at < started_at)
        """;

    private const string FindStationStatement = """
        SELECT id, stopped_at FROM transactions WHERE charge_point = @charge_point AND station_id = @station_id
        """;

    /// <inheritdoc/>
    public Task<StationTransaction> OpenStationTransactionAsync(NewTransaction transaction, string stationId, CancellationToken cancellationToken) =>
        database.WriteAsync(session => OpenStation(session, transaction, stationId), cancellationToken);

    private static StationTransaction OpenStation(SqlSession session, NewTransaction transaction, string stationId)
    {
        Fence(session, transaction.ChargePoint, transaction.Generation);
        (string, object?) chargePoint = ("@charge_point", transaction.ChargePoint.ToKey());
        (string, object?) station = ("@station_id", stationId);
        (string, object?) tag = ("@id_tag", transaction.IdTag);
        (string, object?) start = ("@started_at", transaction.StartedAt.ToColumn());
        (string, object?) meter = ("@meter", transaction.MeterStartWh);
        (string, object?) connector = ("@connector", transaction.ConnectorId);
        StationTransaction known = session.First(FindStationStatement, ReadStation, chargePoint, station);
        if (known.Id > 0)
        {
            session.Execute(CompleteStationStatement, chargePoint, station, tag, start, meter);
            return known;
        }
        long id = session.First(
            OpenStationStatement, ReadId, chargePoint, connector, tag, start, meter, ("@received_at", transaction.ReceivedAt.ToColumn()), station);
        // Two transactions that began with the same words on the same connector at the same time are one.
        if (id == 0)
            return new StationTransaction(session.First(FindRepeatedStatement, ReadId, chargePoint, connector, tag, start, meter), Ended: false);
        Supersede(session, id, transaction);
        return new StationTransaction(id, Ended: false);
    }

    private static StationTransaction ReadStation(DbDataReader row) => new(row.GetInt64(0), !row.IsDBNull(1));
}
