using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects.Shapes;
using Amps.Ocpp.Model;
using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Dialects;

/// <summary>What the charge point says on a link: checked, answered, and reported to its mailbox after the answer.</summary>
internal abstract partial class OcppSession
{
    protected const int MaxConnectorId = 64;

    /// <summary>A transaction message is answered within a second even when the store hangs (quirk Q31).</summary>
    protected static readonly TimeSpan DurabilityLimit = TimeSpan.FromMilliseconds(900);

    protected static readonly ReadOnlyMemory<byte> EmptyAnswer = "{}"u8.ToArray();

    private static readonly object s_firstCall = new();
    private static readonly object s_booted = new();

    private Task _report = Task.CompletedTask;
    private bool _ready;

    /// <summary>Facts for the mailbox, in order.</summary>
    protected sealed record ChargerReport(int ConnectorId, ChargerEvent Fact, ChargerReport? Next = null);

    /// <summary>This link's own boot was answered with Accepted.</summary>
    protected bool Booted { get; private set; }

    public async ValueTask<CallAnswer> HandleAsync(IncomingCall call)
    {
        if (!_report.IsCompleted)
            await _report;
        OcppAction? action = actions.Find(call.Action);
        if (action is null)
            return CallAnswer.Error(codes.NotImplemented, $"OCPP {OcppVersion} has no such action.");
        if (!action.FromChargePoint)
            return CallAnswer.Error(codes.NotSupported, "Only a central system sends this action.");
        if (action.IsOneWay != call.IsSend)
            return CallAnswer.Error(codes.NotSupported, "This action is not sent by such a message.");
        if (call.PayloadWasNull && action.Request.HasRequiredFields)
            return CallAnswer.Error(codes.FormatViolation, "The payload must be an object.");
        ShapeViolation? violation = ShapeChecker.Check(
            action.Request, call.Payload.Span, Options.StrictSchema ? ShapeMode.Strict : ShapeMode.Lenient, out int tolerated);
        if (tolerated > 0)
            DialectMetrics.Tolerated.Add(tolerated);
        if (violation is { } broken)
            return Refuse(broken);
        if (ChargePoint.Record is not { } record || !MayCall(record, action.Name))
            return CallAnswer.Error(codes.SecurityError, "The charge point is not accepted yet.");
        return await AnswerAsync(action.Name, call.Payload);
    }

    public void OnAnswered(object reaction)
    {
        // What a boot told is in the record only once it is stored; the boot itself is enough.
        bool booted = ReferenceEquals(reaction, s_booted);
        Booted |= booted;
        if ((!_ready || booted) && ChargePoint.Record is { Admission: Admission.Accepted } record && (Booted || record.Boot is not null))
            _ready = ChargePoint.MarkReady(this);
        if (reaction is ChargerReport report)
        {
            ValueTask posted = ChargePoint.ReportAsync(this, report.ConnectorId, report.Fact);
            // A full inbox holds back the reader: the next call waits for this one.
            _report = report.Next is not null ? ReportAsync(posted, report.Next) : posted.IsCompletedSuccessfully ? Task.CompletedTask : posted.AsTask();
        }
    }

    public void OnLateAnswer(LateAnswer answer)
    {
        DialectMetrics.LateAnswers.Add(1);
        ChargePoint.LearnLateAnswer(answer.After);
    }

    /// <summary>Whether a charge point of this standing may send this action; it gets <c>SecurityError</c> else.</summary>
    protected abstract bool MayCall(ChargePointRecord record, string action);

    /// <summary>The answer to a call that has the shape of its action.</summary>
    protected abstract ValueTask<CallAnswer> AnswerAsync(string action, ReadOnlyMemory<byte> payload);

    protected CallAnswer Answer(ReadOnlyMemory<byte> payload, object? reaction = null) =>
        CallAnswer.Result(payload, reaction ?? (_ready ? null : s_firstCall));

    /// <summary>Stores what a boot told and answers with the admission.</summary>
    protected CallAnswer AnswerBoot(string? vendor, string? model, string? serialNumber, string? firmware)
    {
        DateTimeOffset now = Time.GetUtcNow();
        Admission admission = ChargePoint.Boot(this, new BootData(SharedText.Of(vendor), SharedText.Of(model), serialNumber, SharedText.Of(firmware), OcppVersion, now));
        LogBoot(ChargePoint.Id, vendor, model, firmware, admission);
        return Answer(ClockAnswers.Boot(admission.ToString(), now, Options.HeartbeatIntervalSeconds), admission == Admission.Accepted ? s_booted : null);
    }

    /// <summary>A CALLERROR for a value that no shape can judge.</summary>
    protected CallAnswer RefuseValue(string path, string message) => CallAnswer.Error(codes.PropertyConstraintViolation, $"{path}: {message}");

    protected CallAnswer RefuseTime() => CallAnswer.Error(codes.FormatViolation, "/timestamp: a time as RFC 3339 writes it.");

    protected CallAnswer NotDurable() => CallAnswer.Error(codes.InternalError, "Not stored; please send it again.");

    private async Task ReportAsync(ValueTask first, ChargerReport? next)
    {
        await first;
        for (; next is not null; next = next.Next)
            await ChargePoint.ReportAsync(this, next.ConnectorId, next.Fact);
    }

    private CallAnswer Refuse(ShapeViolation violation) => CallAnswer.Error(CodeOf(violation), $"{violation.Path}: {violation.Message}");

    private string CodeOf(ShapeViolation violation) => violation.Kind switch
    {
        ShapeViolationKind.Occurrence => codes.OccurrenceConstraintViolation,
        ShapeViolationKind.Type => codes.TypeConstraintViolation,
        ShapeViolationKind.Property => codes.PropertyConstraintViolation,
        _ => codes.FormatViolation,
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "Charge point {ChargePointId} booted: {Vendor} {Model}, firmware {Firmware}: {Admission}")]
    private partial void LogBoot(ChargePointId chargePointId, string? vendor, string? model, string? firmware, Admission admission);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Charge point {ChargePointId} stopped transaction {TransactionId}, which is not its own or unknown: kept in quarantine")]
    protected partial void LogQuarantined(ChargePointId chargePointId, string transactionId);
}
