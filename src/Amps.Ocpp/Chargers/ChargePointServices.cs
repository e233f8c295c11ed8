using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers;

/// <summary>What every mailbox shares; nothing of it is written by a mailbox.</summary>
public sealed record ChargePointServices(
    ChargePointDirectory Directory,
    IdTokenList IdTokens,
    IChargePointStore Store,
    IReadOnlyList<IChargerObserver> Observers,
    ChargersOptions Options,
    TimeProvider Time,
    ILogger<ChargePoint> Logger)
{
    /// <summary>Where security events of charge points go; null = nobody wants them.</summary>
    public SecurityEvents? Security { get; init; }
}
