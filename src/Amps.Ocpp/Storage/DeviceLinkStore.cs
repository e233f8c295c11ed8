using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Webhooks;

namespace Amps.Ocpp.Storage;

/// <summary>What webhooks were told of devices' links.</summary>
internal sealed class DeviceLinkStore(IDatabase database, DeliverySignal signal) : IDeviceLinkStore
{
    // The device may have been removed meanwhile; then there is nothing to insert.
    private const string TellStatement = """
        INSERT INTO device_links (device_id, connected, told_at)
        SELECT device_id, @connected, @told_at FROM devices WHERE device_id = @device
        ON CONFLICT (device_id) DO UPDATE SET connected = excluded.connected, told_at = excluded.told_at
        WHERE device_links.connected <> excluded.connected
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<DeviceId, bool>> LoadToldAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyDictionary<DeviceId, bool>>(
            session => session.Query("SELECT device_id, connected FROM device_links", row => (Id: new DeviceId(row.GetString(0)), Connected: row.GetInt64(1) != 0))
                .ToDictionary(link => link.Id, link => link.Connected),
            cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> TellAsync(bool connected, OutboxEvent told, CancellationToken cancellationToken)
    {
        (bool changed, int endpoints) = await database.WriteAsync(session => Tell(session, connected, told), cancellationToken);
        if (endpoints > 0)
            signal.Raise();
        return changed;
    }

    private static (bool Changed, int Endpoints) Tell(SqlSession session, bool connected, OutboxEvent told)
    {
        int changed = session.Execute(
            TellStatement,
            ("@device", told.DeviceId.Value),
            ("@connected", connected ? 1L : 0L),
            ("@told_at", told.CreatedAt.ToColumn()));
        return changed > 0 ? (true, Outbox.Enqueue(session, told)) : (false, 0);
    }
}
