using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>Durable side of what webhooks were told of devices' links. A returned task means: on disk.</summary>
/// <exception cref="StorageUnavailableException">The store is away; nothing was changed.</exception>
public interface IDeviceLinkStore
{
    /// <summary>Each device of which anything was ever told: true = last told as there.</summary>
    Task<IReadOnlyDictionary<DeviceId, bool>> LoadToldAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Stores that a device was told as there or away, and what webhooks shall hear of it, in the same step. False, and nothing
    /// is stored, when that had been told already, or the device is not registered any more.
    /// </summary>
    Task<bool> TellAsync(bool connected, OutboxEvent told, CancellationToken cancellationToken);
}
