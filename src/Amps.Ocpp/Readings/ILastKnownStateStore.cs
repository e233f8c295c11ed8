using Amps.Ocpp.Model;

namespace Amps.Ocpp.Readings;

/// <summary>The last known states on disk: what a read falls back to after a restart without broker (source <c>fallback</c>).</summary>
public interface ILastKnownStateStore
{
    /// <summary>The snapshots of these devices that are known; missing ones have never been heard of.</summary>
    Task<IReadOnlyList<ChargerSnapshot>> FindSnapshotsAsync(IReadOnlyList<DeviceId> devices, CancellationToken cancellationToken);
}
