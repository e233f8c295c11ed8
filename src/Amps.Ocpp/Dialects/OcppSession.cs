using System.Text;
using System.Text.Json;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects.Limits;
using Amps.Ocpp.Dialects.Shapes;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects;

/// <summary>What every link has, whatever its version.</summary>
internal sealed record OcppSessionContext(
    ChargePoint ChargePoint, OcppConnection Connection, long Generation, TimeSpan CallTimeout, DialectOptions Options, TimeProvider Time, ILogger Logger);

/// <summary>
/// What the versions have in common: one link, its calls to the charge point judged by their shapes, and in the other half what
/// comes from the charge point.
/// </summary>
internal abstract partial class OcppSession(OcppSessionContext context, ActionTable actions, RpcErrorCodes codes) : IOcppSession, IOcppCalls
{
    private readonly ILogger _logger = context.Logger;

    public abstract string OcppVersion { get; }

    public abstract EffectMessages Effects { get; }

    public long Generation => context.Generation;

    protected ChargePoint ChargePoint => context.ChargePoint;

    protected DialectOptions Options => context.Options;

    protected TimeProvider Time => context.Time;

    public abstract Task<CallAnswerSummary> StartAsync(int connectorId, string idTag, LimitRequest? limit, CancellationToken cancellationToken);

    public abstract Task<CallAnswerSummary> StopAsync(string transactionId, CancellationToken cancellationToken);

    public abstract Task<CallAnswerSummary> SetLimitAsync(LimitRequest limit, CancellationToken cancellationToken);

    public abstract Task<CallAnswerSummary> ClearTransactionLimitAsync(int connectorId, CancellationToken cancellationToken);

    public abstract Task<LimitReading?> ReadLimitAsync(int connectorId, bool inWatts, CancellationToken cancellationToken);

    public virtual Task<StoredLimit?> ReadStoredLimitAsync(int connectorId, string? transactionId, CancellationToken cancellationToken) =>
        Task.FromResult<StoredLimit?>(null);

    public abstract Task<CallAnswerSummary> SetStationLimitAsync(LimitRequest limit, CancellationToken cancellationToken);

    public abstract Task<CallAnswerSummary> ClearStationLimitAsync(CancellationToken cancellationToken);

    public abstract Task<ForeignClearing> ClearForeignLimitsAsync(int? connectorId, CancellationToken cancellationToken);

    public abstract Task<CallAnswerSummary> TriggerAsync(TriggerKind kind, int? connectorId, CancellationToken cancellationToken);

    public abstract Task PrepareAsync(CancellationToken cancellationToken);

    public abstract Task SampleFasterAsync(CancellationToken cancellationToken);

    public virtual Task AskForStatusAsync(int connectorId, DateTimeOffset since, CancellationToken cancellationToken) =>
        ChargePoint.FindCharger(connectorId)?.State.StatusAt >= since ? Task.CompletedTask : TriggerAsync(TriggerKind.Status, connectorId, cancellationToken);

    public async Task<(OperatorCallOutcome? Outcome, CallRefusal? Refusal)> CallAsync(
        string action, JsonElement payload, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (actions.Find(action) is not { } known)
            return (null, new CallRefusal(null, $"OCPP {OcppVersion} has no such action."));
        if (!known.FromCentralSystem)
            return (null, new CallRefusal(null, "Only a charge point sends this action."));
        byte[] bytes = Encoding.UTF8.GetBytes(payload.GetRawText());
        if (ShapeChecker.Check(known.Request, bytes, ShapeMode.Strict, out _) is { } violation)
            return (null, new CallRefusal(violation.Path, violation.Message));
        BeforeOperatorCall(known.Name, payload);
        CallOutcome outcome = await CallAsync(known.Name, bytes, timeout, cancellationToken);
        if (FindFault(known.Name, outcome) is { } fault)
            return (new OperatorCallOutcome(null, "InvalidResponse", fault, Encoding.UTF8.GetString(outcome.Payload.Span)), null);
        return (outcome.Kind switch
        {
            CallOutcomeKind.Result => new OperatorCallOutcome(Encoding.UTF8.GetString(outcome.Payload.Span)),
            CallOutcomeKind.Error => new OperatorCallOutcome(null, outcome.ErrorCode, outcome.ErrorDescription, Encoding.UTF8.GetString(outcome.ErrorDetails.Span)),
            CallOutcomeKind.QueueFull => new OperatorCallOutcome(null, "QueueFull", "Too many calls are waiting for this charge point."),
            CallOutcomeKind.ConnectionLost => new OperatorCallOutcome(null, "ConnectionLost", "The link went down."),
            _ => new OperatorCallOutcome(null, "Timeout", "The charge point did not answer in time."),
        }, null);
    }

    public Task<bool> ProbeAsync(TimeSpan limit) => context.Connection.ProbeAsync(limit);

    public void Close(SessionEnd reason) => _ = reason switch
    {
        SessionEnd.ShuttingDown => context.Connection.CloseAsync(1001, "going away"),
        SessionEnd.Replaced => context.Connection.CloseAsync(1008, "replaced"),
        _ => context.Connection.CloseAsync(1008, "removed"),
    };

    /// <summary>Sends a call whose answer is a status.</summary>
    public async Task<CallAnswerSummary> AskAsync(string action, byte[] payload, CancellationToken cancellationToken)
    {
        CallOutcome outcome = await CallAsync(action, payload, null, cancellationToken);
        return !outcome.IsResult ? JudgeEnd(outcome)
            : FindFault(action, outcome) is not null ? new CallAnswerSummary(CallStatus.Invalid)
            : JudgeStatus(outcome.Payload.Span);
    }

    public async Task<CallOutcome> SendAsync(string action, byte[] payload, CancellationToken cancellationToken)
    {
        CallOutcome outcome = await CallAsync(action, payload, null, cancellationToken);
        // Its sender takes of it what can be understood.
        _ = FindFault(action, outcome);
        return outcome;
    }

    /// <summary>An operator's call that is about to go out.</summary>
    protected virtual void BeforeOperatorCall(string action, JsonElement payload)
    {
    }

    /// <summary>The payload of a TriggerMessage.</summary>
    protected abstract byte[] TriggerPayload(string message, int? connectorId);

    /// <summary>Asks for a message, for a connector where the charge point takes that.</summary>
    protected Task<CallAnswerSummary> TriggerAsync(string message, int? connectorId, CancellationToken cancellationToken) =>
        TriggerForms.AskAsync(ChargePoint, message == "StatusNotification", connectorId, connector =>
            AskAsync("TriggerMessage", TriggerPayload(message, connector), cancellationToken));

    /// <summary>What the end of a call without an answer amounts to.</summary>
    internal static CallAnswerSummary JudgeEnd(CallOutcome outcome) => outcome.Kind switch
    {
        CallOutcomeKind.Error when outcome.ErrorCode is "NotSupported" or "NotImplemented" => new CallAnswerSummary(CallStatus.NotSupported),
        CallOutcomeKind.Error => new CallAnswerSummary(CallStatus.Rejected, Reason: Words(outcome)),
        CallOutcomeKind.QueueFull => new CallAnswerSummary(CallStatus.Busy, Sent: false),
        CallOutcomeKind.ConnectionLost => new CallAnswerSummary(CallStatus.LinkLost, outcome.Sent),
        _ => new CallAnswerSummary(CallStatus.TimedOut, outcome.Sent),
    };

    private static string? Words(CallOutcome error) =>
        string.IsNullOrWhiteSpace(error.ErrorDescription) ? error.ErrorCode : $"{error.ErrorCode}: {error.ErrorDescription}";

    private Task<CallOutcome> CallAsync(string action, byte[] payload, TimeSpan? timeout, CancellationToken cancellationToken) =>
        context.Connection.CallAsync(action, payload, timeout ?? ChargePoint.CallTimeout(context.CallTimeout), cancellationToken: cancellationToken);

    /// <summary>
    /// What is wrong with a result: it breaks its schema, or says what cannot be. The charge point is told so where the version has a
    /// message for it (2.1; faults R19, P27).
    /// </summary>
    private string? FindFault(string action, CallOutcome outcome)
    {
        if (!outcome.IsResult)
            return null;
        (string Path, string Message, string Code) fault;
        if (ShapeChecker.Check(actions.Find(action)!.Response, outcome.Payload.Span, ShapeMode.Lenient, out _) is { } violation)
            fault = (violation.Path, violation.Message, CodeOf(violation));
        else if (action == "GetCompositeSchedule" && CompositeScheduleCheck.Judge(outcome.Payload) is { } impossible)
            fault = (impossible.Path, impossible.Message, codes.PropertyConstraintViolation);
        else
            return null;
        DialectMetrics.InvalidResults.Add(1);
        string text = $"{fault.Path}: {fault.Message}";
        context.Connection.SendResultError(outcome.MessageId, fault.Code, text);
        return text;
    }

    private static CallAnswerSummary JudgeStatus(ReadOnlySpan<byte> payload) => StatusAnswer.Read(payload) is { Status: { } status } answer
        ? new CallAnswerSummary(
            status switch
            {
                // A charge point that wants a reboot has taken the change (quirk Q08); nothing to clear is as good as cleared (Q75).
                "Accepted" or "RebootRequired" or "Scheduled" or "Unknown" => CallStatus.Accepted,
                "NotSupported" or "NotImplemented" => CallStatus.NotSupported,
                _ => CallStatus.Rejected,
            },
            Reason: answer.StatusInfo?.ToString())
        : new CallAnswerSummary(CallStatus.Invalid);
}
