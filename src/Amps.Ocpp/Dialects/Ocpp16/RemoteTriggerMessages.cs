using Amps.Ocpp.Dialects.Shapes;
using static Amps.Ocpp.Dialects.Shapes.FieldShape;
using static Amps.Ocpp.Dialects.Shapes.ValueShape;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>Messages of the profile RemoteTrigger (OCPP 1.6 section 6).</summary>
internal static class RemoteTriggerMessages
{
    public static OcppAction[] All { get; } =
    [
        new("TriggerMessage", false, true,
            new MessageShape(
            Needs("requestedMessage", OneOf(
                "BootNotification", "DiagnosticsStatusNotification", "FirmwareStatusNotification", "Heartbeat", "MeterValues",
                "StatusNotification")),
            May("connectorId", Whole)),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Rejected", "NotImplemented")))),
    ];
}
