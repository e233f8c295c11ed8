using Amps.Ocpp.Dialects.Shapes;
using Amps.Ocpp.Model;
using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>What the charge point says on a 1.6 link: checked, answered, and reported to its mailbox after the answer.</summary>
internal sealed partial class Ocpp16Session
{
    private const int MaxConnectorId = 64;

    private static readonly ReadOnlyMemory<byte> s_empty = "{}"u8.ToArray();
    private static readonly object s_firstCall = new();
    private static readonly object s_booted = new();

    private Task _report = Task.CompletedTask;
    private bool _ready;
    private bool _booted;

    private sealed record ChargerReport(int ConnectorId, ChargerEvent Fact, ChargerEvent? Then = null);

    public async ValueTask<CallAnswer> HandleAsync(IncomingCall call)
    {
        if (!_report.IsCompleted)
            await _report;
        Ocpp16Action? action = Ocpp16Actions.Find(call.Action);
        if (action is null)
            return CallAnswer.Error(RpcErrorCodes.Ocpp16.NotImplemented, "OCPP 1.6 has no such action.");
        if (!action.FromChargePoint)
            return CallAnswer.Error(RpcErrorCodes.Ocpp16.NotSupported, "Only a central system sends this action.");
        if (call.PayloadWasNull && action.Request.HasRequiredFields)
            return CallAnswer.Error(RpcErrorCodes.Ocpp16.FormatViolation, "The payload must be an object.");
        ShapeViolation? violation = ShapeChecker.Check(
            action.Request, call.Payload.Span, _options.StrictSchema ? ShapeMode.Strict : ShapeMode.Lenient, out int tolerated);
        if (tolerated > 0)
            DialectMetrics.Tolerated.Add(tolerated);
        if (violation is { } broken)
            return Refuse(broken);
        if (_chargePoint.Record is not { } record || (record.Admission != Admission.Accepted && action.Name is not ("BootNotification" or "Heartbeat")))
            return CallAnswer.Error(RpcErrorCodes.Ocpp16.SecurityError, "The charge point is not accepted yet.");
        return action.Name switch
        {
            "Heartbeat" => Answer(Ocpp16Messages.HeartbeatAnswer(_time.GetUtcNow())),
            "MeterValues" => OnMeterValues(call.Payload.Span),
            "StatusNotification" => OnStatusNotification(call.Payload.Span),
            "BootNotification" => OnBootNotification(call.Payload.Span),
            "Authorize" => OnAuthorize(call.Payload.Span),
            "StartTransaction" => await OnStartTransactionAsync(call.Payload),
            "StopTransaction" => await OnStopTransactionAsync(call.Payload),
            "DataTransfer" => Answer(Ocpp16Messages.StatusAnswer("UnknownVendorId")),
            "SecurityEventNotification" => OnSecurityEvent(call.Payload),
            "SignCertificate" => Answer(Ocpp16Messages.StatusAnswer("Rejected")),
            _ => Answer(s_empty),
        };
    }

    public void OnAnswered(object reaction)
    {
        // What a boot told is in the record only once it is stored; the boot itself is enough.
        bool booted = ReferenceEquals(reaction, s_booted);
        _booted |= booted;
        if ((!_ready || booted) && _chargePoint.Record is { Admission: Admission.Accepted } record && (_booted || record.Boot is not null))
            _ready = _chargePoint.MarkReady(this);
        if (reaction is ChargerReport report)
        {
            ValueTask posted = _chargePoint.ReportAsync(this, report.ConnectorId, report.Fact);
            // A full inbox holds back the reader: the next call waits for this one.
            _report = posted.IsCompletedSuccessfully ? Task.CompletedTask : posted.AsTask();
            if (report.Then is { } then)
                _report = ThenAsync(_report, report.ConnectorId, then);
        }
    }

    private async Task ThenAsync(Task before, int connectorId, ChargerEvent fact)
    {
        await before;
        await _chargePoint.ReportAsync(this, connectorId, fact);
    }

    public void OnLateAnswer(LateAnswer answer)
    {
        DialectMetrics.LateAnswers.Add(1);
        _chargePoint.LearnLateAnswer(answer.After);
    }

    private CallAnswer Answer(ReadOnlyMemory<byte> payload, object? reaction = null) =>
        CallAnswer.Result(payload, reaction ?? (_ready ? null : s_firstCall));

    private static CallAnswer Refuse(ShapeViolation violation)
    {
        RpcErrorCodes codes = RpcErrorCodes.Ocpp16;
        string code = violation.Kind switch
        {
            ShapeViolationKind.Occurrence => codes.OccurrenceConstraintViolation,
            ShapeViolationKind.Type => codes.TypeConstraintViolation,
            ShapeViolationKind.Property => codes.PropertyConstraintViolation,
            _ => codes.FormatViolation,
        };
        return CallAnswer.Error(code, $"{violation.Path}: {violation.Message}");
    }

    private CallAnswer OnBootNotification(ReadOnlySpan<byte> payload)
    {
        BootNotification boot = Ocpp16Messages.ReadBootNotification(payload);
        DateTimeOffset now = _time.GetUtcNow();
        _statusOrder.Forget();
        Admission admission = _chargePoint.Boot(this, new BootData(
            boot.ChargePointVendor, boot.ChargePointModel, boot.ChargePointSerialNumber ?? boot.ChargeBoxSerialNumber, boot.FirmwareVersion, OcppVersion, now));
        LogBoot(_chargePoint.Id, boot.ChargePointVendor, boot.ChargePointModel, boot.FirmwareVersion, admission);
        return Answer(Ocpp16Messages.BootNotificationAnswer(admission.ToString(), now, _options.HeartbeatIntervalSeconds),
            admission == Admission.Accepted ? s_booted : null);
    }

    private CallAnswer OnStatusNotification(ReadOnlySpan<byte> payload)
    {
        StatusNotification status = Ocpp16Messages.ReadStatusNotification(payload);
        if (status.ConnectorId is < 0 or > MaxConnectorId)
            return WrongConnector();
        // Connector 0 is the charge point as a whole: no charger of the canonical API.
        if (status.ConnectorId == 0 || _statusOrder.IsOld(status.ConnectorId, ChargerTime.Read(status.Timestamp)))
            return Answer(s_empty);
        return Answer(s_empty, new ChargerReport(status.ConnectorId, new StatusReported(
            _time.GetUtcNow(),
            Enum.Parse<ConnectorStatus>(status.Status),
            status.ErrorCode == "NoError" ? null : status.ErrorCode)));
    }

    private CallAnswer OnAuthorize(ReadOnlySpan<byte> payload)
    {
        (IdTokenStatus status, string? parent) = _chargePoint.Authorize(Ocpp16Messages.ReadAuthorize(payload).IdTag);
        return Answer(Ocpp16Messages.AuthorizeAnswer(status.ToString(), parent));
    }

    private static CallAnswer WrongConnector() =>
        CallAnswer.Error(RpcErrorCodes.Ocpp16.PropertyConstraintViolation, $"/connectorId: a connector has a number up to {MaxConnectorId}.");

    [LoggerMessage(Level = LogLevel.Information, Message = "Charge point {ChargePointId} booted: {Vendor} {Model}, firmware {Firmware}: {Admission}")]
    private partial void LogBoot(ChargePointId chargePointId, string vendor, string model, string? firmware, Admission admission);
}
