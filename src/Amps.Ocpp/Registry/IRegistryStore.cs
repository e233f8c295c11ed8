using Amps.Ocpp.Model;

namespace Amps.Ocpp.Registry;

/// <summary>Everything the registry starts from.</summary>
public sealed record RegistryContents(
    IReadOnlyList<Customer> Customers,
    IReadOnlyList<ApiKey> Keys,
    IReadOnlyList<ChargePointRecord> ChargePoints,
    IReadOnlyList<IdToken> IdTokens);

/// <summary>
/// Durable side of the registry. A returned task means: on disk. A store that is away throws
/// <see cref="StorageUnavailableException"/> within 5 s and has changed nothing.
/// </summary>
public interface IRegistryStore
{
    Task<RegistryContents> LoadAsync(CancellationToken cancellationToken);

    Task SaveCustomerAsync(Customer customer, CancellationToken cancellationToken);

    Task SaveKeyAsync(ApiKey key, CancellationToken cancellationToken);

    /// <summary>Creates or replaces the record with its devices; the devices' caps are left as they are.</summary>
    Task SaveChargePointAsync(ChargePointRecord chargePoint, CancellationToken cancellationToken);

    /// <summary>Removes the charge point and its devices; their actions and transactions stay as history.</summary>
    Task DeleteChargePointAsync(ChargePointId id, CancellationToken cancellationToken);

    /// <summary>Stores the desired cap of a charger; the newest write wins.</summary>
    Task SaveCapAsync(DeviceId device, ChargeRateCap cap, CancellationToken cancellationToken);

    Task SaveIdTokenAsync(IdToken token, CancellationToken cancellationToken);

    /// <summary>Raises the charge point's generation by one and returns it: whoever holds the highest owns the link.</summary>
    Task<long> NextGenerationAsync(ChargePointId id, CancellationToken cancellationToken);
}
