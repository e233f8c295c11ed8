using System.Text;
using System.Text.Json;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects.Shapes;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>One 1.6 link: what the central system asks of the charge point. What the charge point says is in the other half.</summary>
internal sealed partial class Ocpp16Session : IOcppSession, IOcpp16Calls
{
    private readonly ChargePoint _chargePoint;
    private readonly OcppConnection _connection;
    private readonly TimeSpan _callTimeout;
    private readonly Ocpp16Options _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Ocpp16Limits _limits;
    private readonly Ocpp16Setup _setup;
    private readonly ChargerClock _clock;
    private readonly StatusOrder _statusOrder;

    public Ocpp16Session(
        ChargePoint chargePoint, OcppConnection connection, long generation, TimeSpan callTimeout, Ocpp16Options options, TimeProvider time, ILogger logger)
    {
        _chargePoint = chargePoint;
        _connection = connection;
        Generation = generation;
        _callTimeout = callTimeout;
        _options = options;
        _time = time;
        _logger = logger;
        _limits = new Ocpp16Limits(chargePoint, this, time);
        _setup = new Ocpp16Setup(chargePoint, this);
        _clock = new ChargerClock(time);
        _statusOrder = new StatusOrder(this, time);
    }

    public string OcppVersion => "1.6";

    public long Generation { get; }

    public Task<CallAnswerSummary> StartAsync(int connectorId, string idTag, LimitRequest? limit, CancellationToken cancellationToken) =>
        AskAsync("RemoteStartTransaction", Ocpp16Messages.RemoteStartTransaction(connectorId, idTag, limit is null ? null : _limits.ForStart(limit)), cancellationToken);

    public Task<CallAnswerSummary> StopAsync(string transactionId, CancellationToken cancellationToken) =>
        AskAsync("RemoteStopTransaction", Ocpp16Messages.RemoteStopTransaction(transactionId), cancellationToken);

    public Task<CallAnswerSummary> SetLimitAsync(LimitRequest limit, CancellationToken cancellationToken) => _limits.SetAsync(limit, cancellationToken);

    public Task<CallAnswerSummary> ClearTransactionLimitAsync(int connectorId, CancellationToken cancellationToken) =>
        _limits.ClearAsync(connectorId, cancellationToken);

    public Task<LimitReading?> ReadLimitAsync(int connectorId, bool inWatts, CancellationToken cancellationToken) =>
        _limits.ReadAsync(connectorId, inWatts, cancellationToken);

    public Task PrepareAsync(CancellationToken cancellationToken) => _setup.RunAsync(cancellationToken);

    public Task SampleFasterAsync(CancellationToken cancellationToken) => _setup.SampleFasterAsync(cancellationToken);

    public Task<CallAnswerSummary> TriggerAsync(TriggerKind kind, int? connectorId, CancellationToken cancellationToken)
    {
        string message = kind switch
        {
            TriggerKind.Boot => "BootNotification",
            TriggerKind.Status => "StatusNotification",
            _ => "MeterValues",
        };
        return TriggerForms.AskAsync(_chargePoint, kind == TriggerKind.Status, connectorId, connector =>
            AskAsync("TriggerMessage", Ocpp16Messages.TriggerMessage(message, connector), cancellationToken));
    }

    public async Task<(OperatorCallOutcome? Outcome, CallRefusal? Refusal)> CallAsync(
        string action, JsonElement payload, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (Ocpp16Actions.Find(action) is not { } known)
            return (null, new CallRefusal(null, "OCPP 1.6 has no such action."));
        if (!known.FromCentralSystem)
            return (null, new CallRefusal(null, "Only a charge point sends this action."));
        byte[] bytes = Encoding.UTF8.GetBytes(payload.GetRawText());
        if (ShapeChecker.Check(known.Request, bytes, ShapeMode.Strict, out _) is { } violation)
            return (null, new CallRefusal(violation.Path, violation.Message));
        CallOutcome outcome = await _connection.CallAsync(known.Name, bytes, timeout ?? _chargePoint.CallTimeout(_callTimeout), cancellationToken: cancellationToken);
        return (outcome.Kind switch
        {
            CallOutcomeKind.Result => new OperatorCallOutcome(Encoding.UTF8.GetString(outcome.Payload.Span)),
            CallOutcomeKind.Error => new OperatorCallOutcome(null, outcome.ErrorCode, outcome.ErrorDescription, Encoding.UTF8.GetString(outcome.ErrorDetails.Span)),
            CallOutcomeKind.QueueFull => new OperatorCallOutcome(null, "QueueFull", "Too many calls are waiting for this charge point."),
            CallOutcomeKind.ConnectionLost => new OperatorCallOutcome(null, "ConnectionLost", "The link went down."),
            _ => new OperatorCallOutcome(null, "Timeout", "The charge point did not answer in time."),
        }, null);
    }

    public Task<bool> ProbeAsync(TimeSpan limit) => _connection.ProbeAsync(limit);

    public void Close(SessionEnd reason) => _ = reason switch
    {
        SessionEnd.ShuttingDown => _connection.CloseAsync(1001, "going away"),
        SessionEnd.Replaced => _connection.CloseAsync(1008, "replaced"),
        _ => _connection.CloseAsync(1008, "removed"),
    };

    /// <summary>Sends a call whose answer is a status.</summary>
    public async Task<CallAnswerSummary> AskAsync(string action, byte[] payload, CancellationToken cancellationToken)
    {
        CallOutcome outcome = await SendAsync(action, payload, cancellationToken);
        return outcome.Kind switch
        {
            CallOutcomeKind.Result => new CallAnswerSummary(StatusOf(action, outcome.Payload.Span)),
            CallOutcomeKind.Error when outcome.ErrorCode is "NotSupported" or "NotImplemented" => new CallAnswerSummary(CallStatus.NotSupported),
            CallOutcomeKind.Error => new CallAnswerSummary(CallStatus.Rejected),
            CallOutcomeKind.QueueFull => new CallAnswerSummary(CallStatus.Busy, Sent: false),
            CallOutcomeKind.ConnectionLost => new CallAnswerSummary(CallStatus.LinkLost, outcome.Sent),
            _ => new CallAnswerSummary(CallStatus.TimedOut, outcome.Sent),
        };
    }

    public Task<CallOutcome> SendAsync(string action, byte[] payload, CancellationToken cancellationToken) =>
        _connection.CallAsync(action, payload, _chargePoint.CallTimeout(_callTimeout), cancellationToken: cancellationToken);

    private static CallStatus StatusOf(string action, ReadOnlySpan<byte> payload)
    {
        if (ShapeChecker.Check(Ocpp16Actions.Find(action)!.Response, payload, ShapeMode.Lenient, out _) is not null)
            return CallStatus.Invalid;
        return Ocpp16Messages.ReadStatus(payload) switch
        {
            // A charge point that wants a reboot has taken the change (quirk Q08).
            "Accepted" or "RebootRequired" or "Scheduled" => CallStatus.Accepted,
            // Nothing to clear is as good as cleared (quirk Q75).
            "Unknown" => CallStatus.Accepted,
            "NotSupported" or "NotImplemented" => CallStatus.NotSupported,
            null => CallStatus.Invalid,
            _ => CallStatus.Rejected,
        };
    }
}
