using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Routing;

/// <summary>
/// Who owns a charge point is decided by the generation of its links (faults C16): a node that hears of a higher one than its own ends
/// its own link and says no more about the charge point; a node that hears an older one overwritten over its own says its own again.
/// </summary>
public sealed partial class Ownership(ChargePoints chargePoints, ChargePointDirectory directory, RoutingOptions options, ILogger<Ownership> logger)
{
    /// <summary>A link that any node told.</summary>
    public void OnLinkTold(DeviceId device, ChargerLink link)
    {
        if (!options.Shared || Find(device) is not { Session: { } session } chargePoint)
            return;
        if (link.Generation > session.Generation)
            End(chargePoint, session, link.Generation, link.Node);
        else if (link.Node != options.NodeId && link.Generation < session.Generation)
            chargePoint.Announce();
    }

    /// <summary>A state that any node told.</summary>
    public void OnStateTold(DeviceId device, ChargerSnapshot snapshot)
    {
        if (options.Shared && snapshot.Node != options.NodeId && Find(device) is { Session: { } session } chargePoint && snapshot.Sequence < session.Generation << 32)
            chargePoint.Announce();
    }

    private void End(ChargePoint chargePoint, IChargePointSession session, long generation, string node)
    {
        LogSuperseded(chargePoint.Id, session.Generation, generation, node);
        chargePoint.Supersede(session, generation);
    }

    private ChargePoint? Find(DeviceId device) =>
        directory.Find(device) is { } entry ? chargePoints.Find(entry.ChargePoint.Id) : null;

    [LoggerMessage(Level = LogLevel.Information, Message = "Charge point {ChargePointId}: the link of generation {Generation} ends, {Newer} is held by node {Node}")]
    private partial void LogSuperseded(ChargePointId chargePointId, long generation, long newer, string node);
}
