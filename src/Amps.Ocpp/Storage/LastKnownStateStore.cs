using System.Text.Json;
using Amps.Ocpp.Model;
using Amps.Ocpp.Readings;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage;

/// <summary>Last known states as JSON documents by device.</summary>
internal sealed class LastKnownStateStore(IDatabase database) : ILastKnownStateStore
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<ChargerSnapshot>> FindSnapshotsAsync(IReadOnlyList<DeviceId> devices, CancellationToken cancellationToken) =>
        devices.Count == 0
            ? Task.FromResult<IReadOnlyList<ChargerSnapshot>>([])
            : database.ReadAsync<IReadOnlyList<ChargerSnapshot>>(session => Find(session, devices), cancellationToken);

    public static List<ChargerSnapshot> Find(SqlSession session, IReadOnlyList<DeviceId> devices) => session.Query(
        "SELECT snapshot FROM charger_states WHERE device_id IN (SELECT value FROM {ids} AS wanted)",
        row => JsonSerializer.Deserialize(row.GetString(0), SnapshotJson.Default.ChargerSnapshot)!,
        ("@ids", devices.ToIdArray()));

    public static void Save(SqlSession session, ChargerSnapshot snapshot) => session.Execute(
        """
        INSERT INTO charger_states (device_id, sequence, snapshot) VALUES (@device, @sequence, @snapshot)
        ON CONFLICT (device_id) DO UPDATE SET sequence = excluded.sequence, snapshot = excluded.snapshot
        WHERE charger_states.sequence <= excluded.sequence
        """,
        ("@device", snapshot.DeviceId),
        ("@sequence", snapshot.Sequence),
        ("@snapshot", JsonSerializer.Serialize(snapshot, SnapshotJson.Default.ChargerSnapshot)));
}
