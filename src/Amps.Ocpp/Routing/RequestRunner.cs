using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Recording;

namespace Amps.Ocpp.Routing;

/// <summary>Carries out what another node asks of a charge point that this one holds.</summary>
public sealed class RequestRunner(FlightRecorder recorder, ChargersOptions options)
{
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(2);

    /// <summary>Readies a simulated charge point of this node.</summary>
    public Func<DeviceId, ChargerCommand, SandboxControl, CancellationToken, Task>? Prepare { get; set; }

    // What one message may carry; the newest come first.
    private const int MaxFrameCharacters = 40_000;

    private static List<RecordedFrame> Fitting(IReadOnlyList<RecordedFrame> frames)
    {
        int left = MaxFrameCharacters;
        return [.. frames.TakeWhile(frame => (left -= frame.Text.Length) > 0)];
    }

    internal async Task<NodeAnswer> RunAsync(ChargePoint chargePoint, NodeRequest request, CancellationToken cancellationToken)
    {
        TimeSpan? limit = request.LimitMilliseconds is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;
        switch (request.Kind)
        {
            case NodeRequestKind.Command when request.Command is { } command && chargePoint.FindCharger(request.ConnectorId) is { } charger:
                return new NodeAnswer { Outcome = await charger.ExecuteAsync(command, cancellationToken) };
            case NodeRequestKind.Refresh when chargePoint.FindCharger(request.ConnectorId) is { } charger:
                return await charger.RefreshAsync(limit ?? DefaultLimit)
                    ? new NodeAnswer { Snapshot = charger.State.ToSnapshot(options.NodeId) }
                    : new NodeAnswer();
            case NodeRequestKind.Call when chargePoint.Session is { } session && request is { Action: { } action, Payload: { } payload }:
                (OperatorCallOutcome? outcome, CallRefusal? refusal) = await chargePoint.CallAsync(session, action, payload, limit, cancellationToken);
                return new NodeAnswer { Call = outcome, Refusal = refusal };
            case NodeRequestKind.Probe:
                return new NodeAnswer { Alive = chargePoint.Session is { } probed && await probed.ProbeAsync(limit ?? DefaultLimit) };
            case NodeRequestKind.Prepare when request is { Command: { } command, Sandbox: { } control } && chargePoint.FindCharger(request.ConnectorId) is { } charger:
                if (Prepare is not null)
                    await Prepare(charger.DeviceId, command, control, cancellationToken);
                return new NodeAnswer();
            case NodeRequestKind.Password when request.Password is { } password:
                return new NodeAnswer { Taken = await chargePoint.ChangePasswordAsync(password, cancellationToken) };
            case NodeRequestKind.Frames:
                return new NodeAnswer { Frames = Fitting(recorder.Read(chargePoint.Id.Value, request.Count ?? FlightRecorder.MaxFrames)) };
            case NodeRequestKind.Look:
                return new NodeAnswer { Link = LinkView.Of(chargePoint, options.NodeId) };
            default:
                return new NodeAnswer { Offline = true };
        }
    }
}
