using System.Text.Json;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Recording;
using Amps.Ocpp.Registry;

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
/// this node is reached in process and never over the broker; one of another node by a request on its own topic.
/// </summary>
public sealed class ChargePointRouter(
    ChargePoints chargePoints, ChargePointDirectory directory, IOtherNodes others, NodeClient client, FlightRecorder recorder, ChargersOptions options)
{
    private const int Tries = 3;
    private static readonly TimeSpan s_prepareLimit = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan s_lookLimit = TimeSpan.FromSeconds(1);

    public bool IsOnline(ChargePointId chargePoint) =>
        chargePoints.Find(chargePoint) is { IsOnline: true } || FindElsewhere(chargePoint) is not null;

    /// <summary>What is known at the socket; null when this node never held it since its start, or another one does.</summary>
    public HeldState? Look(ChargerAddress address)
    {
        if (chargePoints.Find(address.ChargePoint) is not { } chargePoint || chargePoint.FindCharger(address.ConnectorId) is not { } charger)
            return null;
        if (!chargePoint.IsOnline && FindElsewhere(address.ChargePoint) is not null)
            return null;
        ChargerState state = charger.State;
        return new HeldState(chargePoint.IsOnline, chargePoint.OnlineSince, state.EverHeard ? state.ToSnapshot(options.NodeId) : null);
    }

    /// <summary>
    /// The newest sequence at the socket and whether the link is up, without making a snapshot; null when not held here.
    /// </summary>
    public (bool Online, long Sequence)? LookBriefly(ChargerAddress address)
    {
        if (chargePoints.Find(address.ChargePoint) is not { } chargePoint || chargePoint.FindCharger(address.ConnectorId) is not { } charger)
            return null;
        return chargePoint.IsOnline || FindElsewhere(address.ChargePoint) is null ? (chargePoint.IsOnline, charger.State.Sequence) : null;
    }

    /// <summary>The link as the operator sees it, from what is known here: of another node's charge point what it has told.</summary>
    public LinkView LookAtLink(ChargePointId id)
    {
        if (chargePoints.Find(id) is { IsOnline: true } held)
            return LinkView.Of(held, options.NodeId);
        if (FindElsewhere(id) is { } link && directory.Find(id) is { } record)
        {
            return new LinkView(
                true, record is { Admission: Admission.Accepted, Boot: not null }, link.Since, record.Boot?.OcppVersion, link.Generation, null,
                [.. record.Devices.Select(device => (device.ConnectorId, Snapshot: others.FindSnapshot(device.Id))).Where(known => known.Snapshot is not null)
                    .Select(known => new ChargerView(known.ConnectorId, known.Snapshot!, UnmetLimit: null, CapVerifiedBy: null))]);
        }
        return chargePoints.Find(id) is { } known ? LinkView.Of(known, options.NodeId) : LinkView.None;
    }

    /// <summary>The same, asked of the node that holds it.</summary>
    public async Task<LinkView> LookAtLinkAsync(ChargePointId id, CancellationToken cancellationToken)
    {
        if (FindHolder(id) is not { } holder)
            return LookAtLink(id);
        (NodeAnswer? answer, _) = await AskAsync(id, holder, new NodeRequest { Kind = NodeRequestKind.Look }, s_lookLimit, cancellationToken);
        return answer?.Link ?? LookAtLink(id);
    }

    /// <summary>Carries out a command; ends at the latest with the confirmation time-out.</summary>
    public async Task<CommandOutcome> ExecuteAsync(ChargerAddress address, ChargerCommand command, CancellationToken cancellationToken)
    {
        // A charge point may move while it is asked for; what reached nobody may be tried at its new place.
        for (int i = 0; i < Tries; i++)
        {
            if (chargePoints.Find(address.ChargePoint) is { IsOnline: true } chargePoint && chargePoint.FindCharger(address.ConnectorId) is { } charger)
                return await charger.ExecuteAsync(command, cancellationToken);
            if (FindElsewhere(address.ChargePoint) is not { } holder)
                break;
            (NodeAnswer? answer, NodeSilence silence) = await AskAsync(
                address.ChargePoint, holder, new NodeRequest { Kind = NodeRequestKind.Command, ConnectorId = address.ConnectorId, Command = command },
                options.ConfirmationTimeout, cancellationToken);
            if (answer is { Offline: false })
                return answer.Outcome ?? CommandOutcome.Failed(ErrorCodes.InternalError, "The node that holds the charger answered without an outcome.", unknown: true);
            if (answer is null && silence == NodeSilence.Unknown)
                return CommandOutcome.Failed(ErrorCodes.ChargerTimeout, "The node that holds the charger did not tell how the command ended.", unknown: true);
        }
        return CommandOutcome.Failed(ErrorCodes.DeviceOffline, "The charger is not connected.");
    }

    /// <summary>Has a simulated charge point of another node readied; false = no other node holds it.</summary>
    public async Task<bool> PrepareElsewhereAsync(ChargerAddress address, ChargerCommand command, SandboxControl control, CancellationToken cancellationToken)
    {
        if (FindHolder(address.ChargePoint) is not { } holder)
            return false;
        var request = new NodeRequest { Kind = NodeRequestKind.Prepare, ConnectorId = address.ConnectorId, Command = command, Sandbox = control };
        await AskAsync(address.ChargePoint, holder, request, TimeSpan.FromMilliseconds(control.DelayMs) + s_prepareLimit, cancellationToken);
        return true;
    }

    /// <summary>Asks the charger now; its newest state when it answered within the budget, else null.</summary>
    public async Task<ChargerSnapshot?> RefreshAsync(ChargerAddress address, TimeSpan budget)
    {
        if (FindHolder(address.ChargePoint) is { } holder)
        {
            var request = new NodeRequest { Kind = NodeRequestKind.Refresh, ConnectorId = address.ConnectorId, LimitMilliseconds = (int)budget.TotalMilliseconds };
            using var limit = new CancellationTokenSource(budget);
            try
            {
                return (await AskAsync(address.ChargePoint, holder, request, budget, limit.Token)).Answer?.Snapshot;
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
        return chargePoints.Find(address.ChargePoint) is { IsOnline: true } chargePoint
            && chargePoint.FindCharger(address.ConnectorId) is { } charger
            && await charger.RefreshAsync(budget)
            ? charger.State.ToSnapshot(options.NodeId)
            : null;
    }

    /// <summary>Whether a link that another node holds proves that it lives; false when no other node holds one.</summary>
    public async Task<bool> ProbeElsewhereAsync(ChargePointId chargePoint, TimeSpan budget, CancellationToken cancellationToken)
    {
        if (FindHolder(chargePoint) is not { } holder)
            return false;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(budget + s_lookLimit);
        try
        {
            var request = new NodeRequest { Kind = NodeRequestKind.Probe, LimitMilliseconds = (int)budget.TotalMilliseconds };
            return (await AskAsync(chargePoint, holder, request, budget, limit.Token)).Answer?.Alive ?? false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>The registry's record of a charge point changed: caps, rating, connectors. Other nodes see it in the store.</summary>
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

    /// <summary>The same, from the node that holds the link; as many as one message carries.</summary>
    public async Task<IReadOnlyList<RecordedFrame>> ReadFramesAsync(ChargePointId chargePoint, int limit, CancellationToken cancellationToken)
    {
        if (FindHolder(chargePoint) is not { } holder)
            return ReadFrames(chargePoint, limit);
        var request = new NodeRequest { Kind = NodeRequestKind.Frames, Count = limit };
        return (await AskAsync(chargePoint, holder, request, s_lookLimit, cancellationToken)).Answer?.Frames ?? ReadFrames(chargePoint, limit);
    }

    /// <summary>Sends an operator's call.</summary>
    public async Task<OperatorCallResult> CallAsync(ChargePointId chargePoint, string action, JsonElement payload, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (chargePoints.Find(chargePoint) is { Session: { } session } held)
        {
            (OperatorCallOutcome? outcome, CallRefusal? refusal) = await held.CallAsync(session, action, payload, timeout, cancellationToken);
            return new OperatorCallResult(outcome, refusal, Offline: false);
        }
        if (FindElsewhere(chargePoint) is not { } holder)
            return new OperatorCallResult(null, null, Offline: true);
        TimeSpan limit = timeout ?? s_longestCall;
        var request = new NodeRequest { Kind = NodeRequestKind.Call, Action = action, Payload = payload, LimitMilliseconds = timeout is { } t ? (int)t.TotalMilliseconds : null };
        (NodeAnswer? answer, NodeSilence silence) = await AskAsync(chargePoint, holder, request, limit, cancellationToken);
        if (answer is null && silence == NodeSilence.Unknown)
            return new OperatorCallResult(new OperatorCallOutcome(null, "LinkLost", "The node that holds the charge point did not tell how the call ended."), null, Offline: false);
        return answer is { Offline: false } ? new OperatorCallResult(answer.Call, answer.Refusal, Offline: false) : new OperatorCallResult(null, null, Offline: true);
    }

    /// <summary>Tells the charge point a new password; null = it is not connected.</summary>
    public async Task<CallAnswerSummary?> ChangePasswordAsync(ChargePointId chargePoint, string password, CancellationToken cancellationToken)
    {
        if (chargePoints.Find(chargePoint) is { IsOnline: true } held)
            return await held.ChangePasswordAsync(password, cancellationToken);
        if (FindElsewhere(chargePoint) is not { } holder)
            return null;
        var request = new NodeRequest { Kind = NodeRequestKind.Password, Password = password };
        (NodeAnswer? answer, NodeSilence silence) = await AskAsync(chargePoint, holder, request, s_longestCall, cancellationToken);
        return answer is null && silence == NodeSilence.Unknown ? new CallAnswerSummary(CallStatus.LinkLost) : answer?.Taken;
    }

    // A call without a limit of its own ends with that of its charge point, which its holder knows.
    private static readonly TimeSpan s_longestCall = TimeSpan.FromMinutes(11);

    private Task<(NodeAnswer? Answer, NodeSilence Silence)> AskAsync(
        ChargePointId id, ChargerLink holder, NodeRequest request, TimeSpan limit, CancellationToken cancellationToken) =>
        client.AskAsync(id, request with { Generation = holder.Generation }, limit, () => FindElsewhere(id)?.Generation == holder.Generation, cancellationToken);

    /// <summary>The link of another node when this one has none.</summary>
    private ChargerLink? FindHolder(ChargePointId id) => chargePoints.Find(id) is { IsOnline: true } ? null : FindElsewhere(id);

    private ChargerLink? FindElsewhere(ChargePointId id)
    {
        if (!client.Enabled || directory.Find(id) is not { } record)
            return null;
        ChargerLink? newest = null;
        foreach (DeviceRecord device in record.Devices)
        {
            if (others.FindLink(device.Id) is { } link && (newest is null || link.Generation > newest.Generation))
                newest = link;
        }
        return newest;
    }
}
