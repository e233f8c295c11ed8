using Amps.Ocpp.Model;

namespace Amps.Ocpp.Registry;

/// <summary>Everything the registry starts from.</summary>
public sealed record RegistryContents(
    IReadOnlyList<Customer> Customers,
    IReadOnlyList<ApiKey> Keys,
    IReadOnlyList<ChargePointRecord> ChargePoints,
    IReadOnlyList<IdToken> IdTokens);

/// <summary>Which thing of the registry was changed last when.</summary>
/// <param name="ChargePoint">Key of a charge point; null = something of customers, keys and id tokens.</param>
/// <param name="At">By the store's own clock.</param>
public sealed record RegistryChange(string? ChargePoint, long At);

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

    /// <summary>
    /// The same unless another node changed the record since <see cref="ChargePointRecord.Version"/>; returns the new version, or null
    /// when nothing was changed.
    /// </summary>
    Task<long?> TrySaveChargePointAsync(ChargePointRecord chargePoint, CancellationToken cancellationToken);

    /// <summary>The records of these charge points that exist.</summary>
    Task<IReadOnlyList<ChargePointRecord>> FindChargePointsAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken);

    /// <summary>When the newest change was made, by the store's own clock; 0 before the first.</summary>
    Task<long> FindNewestChangeAsync(CancellationToken cancellationToken);

    /// <summary>What was changed by any node after <paramref name="since"/>, a time by the store's own clock; empty where no other node can be.</summary>
    Task<IReadOnlyList<RegistryChange>> ListChangesAsync(long since, CancellationToken cancellationToken);

    /// <summary>Customers, keys and id tokens.</summary>
    Task<RegistryContents> LoadAccessAsync(CancellationToken cancellationToken);

    /// <summary>Removes the charge point and its devices; their actions and transactions stay as history.</summary>
    Task DeleteChargePointAsync(ChargePointId id, CancellationToken cancellationToken);

    /// <summary>Stores the desired cap of a charger; the newest write wins.</summary>
    Task SaveCapAsync(ChargePointId chargePoint, DeviceId device, ChargeRateCap cap, CancellationToken cancellationToken);

    Task SaveIdTokenAsync(IdToken token, CancellationToken cancellationToken);

    /// <summary>Raises the charge point's generation by one and returns it: whoever holds the highest owns the link.</summary>
    Task<long> NextGenerationAsync(ChargePointId id, CancellationToken cancellationToken);
}
