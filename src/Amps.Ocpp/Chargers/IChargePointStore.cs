using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>A transaction as it is opened (OCPP 1.6 StartTransaction; 2.x TransactionEvent Started).</summary>
/// <param name="ChargePoint">Where it runs.</param>
/// <param name="ConnectorId">Connector or EVSE.</param>
/// <param name="IdTag">As presented.</param>
/// <param name="StartedAt">The charge point's own time, UTC.</param>
/// <param name="MeterStartWh">Register at start, Wh.</param>
/// <param name="ReceivedAt">Our time.</param>
public sealed record NewTransaction(
    ChargePointId ChargePoint,
    int ConnectorId,
    string IdTag,
    DateTimeOffset StartedAt,
    double MeterStartWh,
    DateTimeOffset ReceivedAt)
{
    /// <summary>Generation of the link that told it, where another node may have a newer one; null = not asked.</summary>
    public long? Generation { get; init; }
}

/// <summary>The end of a transaction as the charge point told it.</summary>
/// <param name="RawPayload">The whole message as it came, JSON, for billing and for quarantine.</param>
public sealed record TransactionStop(
    ChargePointId ChargePoint,
    long TransactionId,
    DateTimeOffset StoppedAt,
    double MeterStopWh,
    string? Reason,
    string? IdTag,
    DateTimeOffset ReceivedAt,
    string RawPayload)
{
    /// <inheritdoc cref="NewTransaction.Generation"/>
    public long? Generation { get; init; }
}

/// <summary>The end of a transaction of which the charge point says nothing any more.</summary>
/// <param name="Reason">E.g. <c>Inferred</c>.</param>
public sealed record InferredEnd(ChargePointId ChargePoint, long TransactionId, DateTimeOffset At, string Reason)
{
    /// <inheritdoc cref="NewTransaction.Generation"/>
    public long? Generation { get; init; }
}

/// <summary>A stored transaction.</summary>
/// <param name="StationId">The id that the station gave it (2.x); null = <paramref name="Id"/> is what both sides use (1.6).</param>
public sealed record TransactionRecord(
    long Id,
    ChargePointId ChargePoint,
    int ConnectorId,
    string IdTag,
    DateTimeOffset StartedAt,
    double MeterStartWh,
    DateTimeOffset? StoppedAt,
    double? MeterStopWh,
    string? StopReason,
    string? StationId = null);

/// <summary>A transaction of a station that numbers its own (2.x).</summary>
/// <param name="Id">Our number.</param>
/// <param name="Ended">Its end is known already.</param>
public readonly record struct StationTransaction(long Id, bool Ended);

/// <summary>How a stop was taken; the charge point gets a positive answer in every case (faults P16, P17).</summary>
public enum StopOutcome
{
    /// <summary>The open transaction is now closed.</summary>
    Closed,

    /// <summary>It was closed before; the first stop counts.</summary>
    AlreadyClosed,

    /// <summary>No such transaction of this charge point: kept in quarantine, nothing else touched.</summary>
    Quarantined,
}

/// <summary>What the store gives back when a charge point's mailbox is made.</summary>
/// <param name="OpenTransactions">Transactions without an end, at most one per connector (the newest).</param>
/// <param name="LastSnapshots">Last known snapshot of each device, by device id.</param>
public sealed record ChargePointMemory(
    IReadOnlyList<TransactionRecord> OpenTransactions,
    IReadOnlyDictionary<string, ChargerSnapshot> LastSnapshots);

/// <summary>Durable side of the chargers: transactions and last known states. A returned task means: on disk.</summary>
/// <exception cref="StorageUnavailableException">The store is away; nothing was changed.</exception>
public interface IChargePointStore
{
    Task<ChargePointMemory> RecallAsync(ChargePointId chargePoint, IReadOnlyList<DeviceId> devices, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a transaction and returns its id: &gt; 0, 31 bit, rising for ever, never used twice (Q44). The same message again
    /// (same charge point, connector, id tag, start and register) gives the same id (P13). Any other open transaction of the
    /// connector is closed with the reason <c>Superseded</c> in the same step (P14), unless the new one started before it.
    /// </summary>
    /// <exception cref="LinkSupersededException">A newer link than the transaction's is known; nothing was changed.</exception>
    Task<long> OpenTransactionAsync(NewTransaction transaction, CancellationToken cancellationToken);

    /// <summary>
    /// Opens the transaction to which the station gave this id, or finds it: the same id is always the same transaction. Where what
    /// is known began later or without a token, it is completed. Others are superseded as by <see cref="OpenTransactionAsync"/>.
    /// </summary>
    /// <exception cref="LinkSupersededException">A newer link than the transaction's is known; nothing was changed.</exception>
    Task<StationTransaction> OpenStationTransactionAsync(NewTransaction transaction, string stationId, CancellationToken cancellationToken);

    /// <summary>A transaction by its id, of whatever charge point; null = no such.</summary>
    Task<TransactionRecord?> FindTransactionAsync(long transactionId, CancellationToken cancellationToken);

    /// <exception cref="LinkSupersededException">A newer link than the transaction's is known; nothing was changed.</exception>
    Task<StopOutcome> CloseTransactionAsync(TransactionStop stop, CancellationToken cancellationToken);

    /// <summary>Closes an open transaction without a word of the charge point (Q45); false = it was not open.</summary>
    /// <exception cref="LinkSupersededException">A newer link than the one that is silent is known; nothing was changed.</exception>
    Task<bool> CloseInferredAsync(InferredEnd end, CancellationToken cancellationToken);

    /// <summary>Keeps the newest snapshot of each device; one of a lower sequence than stored is ignored.</summary>
    Task SaveSnapshotsAsync(IReadOnlyList<ChargerSnapshot> snapshots, CancellationToken cancellationToken);
}
