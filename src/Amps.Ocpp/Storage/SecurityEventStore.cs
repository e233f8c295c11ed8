using System.Data.Common;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage;

/// <summary>Security events: of each charge point the newest that it told and the newest that this service found.</summary>
internal sealed class SecurityEventStore(IDatabase database) : ISecurityEventStore
{
    private const long KeptOfEach = 500;

    private const string AddStatement = """
        INSERT INTO security_events (charge_point, spelling, told, type, at, told_at, detail, address)
        VALUES (@charge_point, @spelling, @told, @type, @at, @told_at, @detail, @address)
        """;

    private const string TrimStatement = """
        DELETE FROM security_events
        WHERE charge_point = @charge_point AND told = @told AND id <= (
            SELECT id FROM security_events WHERE charge_point = @charge_point AND told = @told
            ORDER BY id DESC LIMIT 1 OFFSET @kept)
        """;

    private const string Columns = "SELECT spelling, told, type, at, told_at, detail, address FROM security_events";

    private const string ListStatement = $"{Columns} ORDER BY id DESC LIMIT @limit";

    private const string ListOfOneStatement = $"{Columns} WHERE charge_point = @charge_point ORDER BY id DESC LIMIT @limit";

    /// <inheritdoc/>
    public Task AddSecurityEventsAsync(IReadOnlyList<SecurityEvent> events, CancellationToken cancellationToken) => database.WriteAsync(
        session =>
        {
            foreach (SecurityEvent told in events)
            {
                session.Execute(
                    AddStatement,
                    ("@charge_point", KeyOf(told)),
                    ("@spelling", told.ChargePoint?.Value),
                    ("@told", told.FromChargePoint ? 1L : 0L),
                    ("@type", told.Type),
                    ("@at", told.At.ToColumn()),
                    ("@told_at", told.ToldAt.ToColumn()),
                    ("@detail", told.Detail),
                    ("@address", told.Address));
            }
            foreach ((string key, bool told) in events.Select(told => (KeyOf(told), told.FromChargePoint)).Distinct())
                session.Execute(TrimStatement, ("@charge_point", key), ("@told", told ? 1L : 0L), ("@kept", KeptOfEach));
            return events.Count;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<SecurityEvent>> ListSecurityEventsAsync(ChargePointId? chargePoint, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<SecurityEvent>>(
            session => chargePoint is { } id
                ? session.Query(ListOfOneStatement, Read, ("@charge_point", id.ToKey()), ("@limit", (long)limit))
                : session.Query(ListStatement, Read, ("@limit", (long)limit)),
            cancellationToken);

    private static string KeyOf(SecurityEvent told) => told.ChargePoint?.ToKey() ?? "";

    private static SecurityEvent Read(DbDataReader row) => new(
        row.GetTime(3),
        row.IsDBNull(0) ? null : row.GetChargePoint(0),
        row.GetInt64(1) != 0,
        row.GetString(2),
        row.GetTimeOrNull(4),
        row.GetText(5),
        row.GetText(6));
}
