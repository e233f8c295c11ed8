using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>What the charge point says on a 1.6 link: checked, answered, and reported to its mailbox after the answer.</summary>
internal sealed partial class Ocpp16Session
{
    protected override bool MayCall(ChargePointRecord record, string action) =>
        record.Admission == Admission.Accepted || action is "BootNotification" or "Heartbeat";

    protected override async ValueTask<CallAnswer> AnswerAsync(string action, ReadOnlyMemory<byte> payload) => action switch
    {
        "Heartbeat" => Answer(ClockAnswers.Heartbeat(Time.GetUtcNow())),
        "MeterValues" => OnMeterValues(payload.Span),
        "StatusNotification" => OnStatusNotification(payload.Span),
        "BootNotification" => OnBootNotification(payload.Span),
        "Authorize" => OnAuthorize(payload.Span),
        "StartTransaction" => await OnStartTransactionAsync(payload),
        "StopTransaction" => await OnStopTransactionAsync(payload),
        "DataTransfer" => Answer(StatusAnswer.Write("UnknownVendorId")),
        "SecurityEventNotification" => OnSecurityEvent(payload.Span),
        "SignCertificate" => Answer(StatusAnswer.Write("Rejected")),
        _ => Answer(EmptyAnswer),
    };

    private CallAnswer OnBootNotification(ReadOnlySpan<byte> payload)
    {
        BootNotification boot = Ocpp16Messages.ReadBootNotification(payload);
        _statusOrder.Forget();
        return AnswerBoot(
            boot.ChargePointVendor, boot.ChargePointModel, boot.ChargePointSerialNumber ?? boot.ChargeBoxSerialNumber, boot.FirmwareVersion);
    }

    private CallAnswer OnStatusNotification(ReadOnlySpan<byte> payload)
    {
        StatusNotification status = Ocpp16Messages.ReadStatusNotification(payload);
        if (status.ConnectorId is < 0 or > MaxConnectorId)
            return WrongConnector();
        // Connector 0 is the charge point as a whole: no charger of the canonical API.
        if (status.ConnectorId == 0 || _statusOrder.IsOld(status.ConnectorId, ChargerTime.Read(status.Timestamp)))
            return Answer(EmptyAnswer);
        return Answer(EmptyAnswer, new ChargerReport(status.ConnectorId, new StatusReported(
            Time.GetUtcNow(),
            Enum.Parse<ConnectorStatus>(status.Status),
            status.ErrorCode == "NoError" ? null : status.ErrorCode)));
    }

    private CallAnswer OnAuthorize(ReadOnlySpan<byte> payload)
    {
        (IdTokenStatus status, string? parent) = ChargePoint.Authorize(Ocpp16Messages.ReadAuthorize(payload).IdTag);
        return Answer(Ocpp16Messages.AuthorizeAnswer(status.ToString(), parent));
    }

    private CallAnswer WrongConnector() => RefuseValue("/connectorId", $"a connector has a number up to {MaxConnectorId}.");
}
