using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Routing;

/// <summary>A charge point's link as the operator sees it.</summary>
public sealed record LinkView(bool Online, bool Ready, DateTimeOffset? Since, string? OcppVersion, long? Generation, string? ExternalLimit, IReadOnlyList<ChargerView> Chargers)
{
    /// <summary>Why the limit for all connectors together is not in force; null = it is, or none is wanted.</summary>
    public string? StationLimitRefused { get; init; }

    /// <summary>No node holds it.</summary>
    public static LinkView None { get; } = new(false, false, null, null, null, null, []);

    internal static LinkView Of(ChargePoint chargePoint, string nodeId)
    {
        IChargePointSession? session = chargePoint.Session;
        return new LinkView(
            session is not null, chargePoint.IsReady, chargePoint.OnlineSince, session?.OcppVersion, session?.Generation, chargePoint.ExternalLimit,
            [.. chargePoint.Chargers.Select(charger => new ChargerView(charger.ConnectorId, charger.State.ToSnapshot(nodeId), charger.UnmetLimit, charger.CapVerifiedBy))])
        {
            StationLimitRefused = chargePoint.StationLimitRefused,
        };
    }
}

/// <summary>One charger at its socket.</summary>
/// <param name="UnmetLimit">Why the desired cap is not in force; null = it is, as far as is known, or none is desired.</param>
/// <param name="CapVerifiedBy">What showed the cap in force; null = unverified.</param>
public sealed record ChargerView(int ConnectorId, ChargerSnapshot Snapshot, string? UnmetLimit, string? CapVerifiedBy);
