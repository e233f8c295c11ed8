using System.Text.Json;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Recording;

namespace Amps.Ocpp.Routing;

/// <summary>Where a charger is to be found: its charge point and its connector.</summary>
public readonly record struct ChargerAddress(ChargePointId ChargePoint, int ConnectorId);

/// <summary>What the node that holds the socket knows of a charger right now.</summary>
/// <param name="Online">A link is up.</param>
/// <param name="Since">Since when; null = offline.</param>
/// <param name="Snapshot">Its newest state; null = never heard of.</param>
public sealed record HeldState(bool Online, DateTimeOffset? Since, ChargerSnapshot? Snapshot);

/// <summary>How an operator's call ended before it got an answer.</summary>
public sealed record OperatorCallResult(OperatorCallOutcome? Outcome, CallRefusal? Refusal, bool Offline);

/// <summary>
/// Brings commands, reads, settings and operator calls to the node that holds a charge point's socket. A charge point of
/// this node is reached in process.
/// </summary>
public sealed class ChargePointRouter(ChargePoints chargePoints, FlightRecorder recorder, ChargersOptions options)
{
    public bool IsOnline(ChargePointId chargePoint) => chargePoints.Find(chargePoint) is { IsOnline: true };

    /// <summary>What is known at the socket; null when no node ever held it since its start.</summary>
    public HeldState? Look(ChargerAddress address)
    {
        if (chargePoints.Find(address.ChargePoint) is not { } chargePoint || chargePoint.FindCharger(address.ConnectorId) is not { } charger)
            return null;
        ChargerState state = charger.State;
        return new HeldState(chargePoint.IsOnline, chargePoint.OnlineSince, state.EverHeard ? state.ToSnapshot(options.NodeId) : null);
    }

    /// <summary>
    /// The newest sequence at the socket and whether the link is up, without making a snapshot; null when not held here.
    /// </summary>
    public (bool Online, long Sequence)? LookBriefly(ChargerAddress address) =>
        chargePoints.Find(address.ChargePoint) is { } chargePoint && chargePoint.FindCharger(address.ConnectorId) is { } charger
            ? (chargePoint.IsOnline, charger.State.Sequence)
            : null;

    /// <summary>The link as the operator sees it.</summary>
    public LinkView LookAtLink(ChargePointId id)
    {
        if (chargePoints.Find(id) is not { } chargePoint)
            return new LinkView(false, false, null, null, null, null, []);
        IChargePointSession? session = chargePoint.Session;
        return new LinkView(
            session is not null, chargePoint.IsReady, chargePoint.OnlineSince, session?.OcppVersion, session?.Generation, chargePoint.ExternalLimit,
            [.. chargePoint.Chargers.Select(charger => new ChargerView(charger.ConnectorId, charger.State.ToSnapshot(options.NodeId), charger.UnmetLimit, charger.CapVerifiedBy))]);
    }

    /// <summary>Carries out a command; ends at the latest with the confirmation time-out.</summary>
    public async Task<CommandOutcome> ExecuteAsync(ChargerAddress address, ChargerCommand command, CancellationToken cancellationToken) =>
        chargePoints.Find(address.ChargePoint) is { IsOnline: true } chargePoint && chargePoint.FindCharger(address.ConnectorId) is { } charger
            ? await charger.ExecuteAsync(command, cancellationToken)
            : CommandOutcome.Failed(ErrorCodes.DeviceOffline, "The charger is not connected.");

    /// <summary>Asks the charger now; its newest state when it answered within the budget, else null.</summary>
    public async Task<ChargerSnapshot?> RefreshAsync(ChargerAddress address, TimeSpan budget) =>
        chargePoints.Find(address.ChargePoint) is { IsOnline: true } chargePoint
            && chargePoint.FindCharger(address.ConnectorId) is { } charger
            && await charger.RefreshAsync(budget)
            ? charger.State.ToSnapshot(options.NodeId)
            : null;

    /// <summary>The registry's record of a charge point changed: caps, rating, connectors.</summary>
    public void NotifyChanged(ChargePointId chargePoint) => chargePoints.Find(chargePoint)?.OnRecordChanged();

    /// <summary>A charge point was removed from the registry: its link is closed, its devices are forgotten.</summary>
    public void NotifyRemoved(ChargePointId chargePoint, IEnumerable<DeviceId> devices)
    {
        chargePoints.Remove(chargePoint, devices);
        recorder.Forget(chargePoint.Value);
    }

    /// <summary>Devices of a charge point that stays were removed from the registry.</summary>
    public void NotifyDevicesRemoved(ChargePointId chargePoint, IEnumerable<DeviceId> devices) => chargePoints.Forget(chargePoint, devices);

    /// <summary>What went over the charge point's link last, newest first; it may have ended since.</summary>
    public IReadOnlyList<RecordedFrame> ReadFrames(ChargePointId chargePoint, int limit) => recorder.Read(chargePoint.Value, limit);

    /// <summary>Sends an operator's call.</summary>
    public async Task<OperatorCallResult> CallAsync(ChargePointId chargePoint, string action, JsonElement payload, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (chargePoints.Find(chargePoint) is not { Session: { } session } held)
            return new OperatorCallResult(null, null, Offline: true);
        (OperatorCallOutcome? outcome, CallRefusal? refusal) = await held.CallAsync(session, action, payload, timeout, cancellationToken);
        return new OperatorCallResult(outcome, refusal, Offline: false);
    }

    /// <summary>Tells the charge point a new password; null = it is not connected.</summary>
    public async Task<CallAnswerSummary?> ChangePasswordAsync(ChargePointId chargePoint, string password, CancellationToken cancellationToken) =>
        chargePoints.Find(chargePoint) is { IsOnline: true } held ? await held.ChangePasswordAsync(password, cancellationToken) : null;
}

/// <summary>A charge point's link as the operator sees it.</summary>
public sealed record LinkView(bool Online, bool Ready, DateTimeOffset? Since, string? OcppVersion, long? Generation, string? ExternalLimit, IReadOnlyList<ChargerView> Chargers);

/// <summary>One charger at its socket.</summary>
/// <param name="UnmetLimit">Why the desired cap is not in force; null = it is, as far as is known, or none is desired.</param>
/// <param name="CapVerifiedBy">What showed the cap in force; null = unverified.</param>
public sealed record ChargerView(int ConnectorId, ChargerSnapshot Snapshot, string? UnmetLimit, string? CapVerifiedBy);
