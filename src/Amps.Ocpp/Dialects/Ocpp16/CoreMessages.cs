using Amps.Ocpp.Dialects.Shapes;
using static Amps.Ocpp.Dialects.Shapes.FieldShape;
using static Amps.Ocpp.Dialects.Shapes.ValueShape;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>Messages of the profile Core (OCPP 1.6 section 6).</summary>
internal static class CoreMessages
{
    public static OcppAction[] All { get; } =
    [
        new("Authorize", true, false,
            new MessageShape(
            Needs("idTag", Text(20))),
            new MessageShape(
            Needs("idTagInfo", SharedShapes.IdTagInfo))),
        new("BootNotification", true, false,
            new MessageShape(
            Needs("chargePointVendor", Text(20)),
            Needs("chargePointModel", Text(20)),
            May("chargePointSerialNumber", Text(25)),
            May("chargeBoxSerialNumber", Text(25)),
            May("firmwareVersion", Text(50)),
            May("iccid", Text(20)),
            May("imsi", Text(20)),
            May("meterType", Text(25)),
            May("meterSerialNumber", Text(25))),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Pending", "Rejected")),
            Needs("currentTime", Time),
            Needs("interval", Whole))),
        new("ChangeAvailability", false, true,
            new MessageShape(
            Needs("connectorId", Whole),
            Needs("type", OneOf("Inoperative", "Operative"))),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Rejected", "Scheduled")))),
        new("ChangeConfiguration", false, true,
            new MessageShape(
            Needs("key", Text(50)),
            Needs("value", Text(500))),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Rejected", "RebootRequired", "NotSupported")))),
        new("ClearCache", false, true,
            new MessageShape(),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Rejected")))),
        new("DataTransfer", true, true,
            new MessageShape(
            Needs("vendorId", Text(255)),
            May("messageId", Text(50)),
            May("data", Text())),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId")),
            May("data", Text()))),
        new("GetConfiguration", false, true,
            new MessageShape(
            May("key", List(Text(50)))),
            new MessageShape(
            May("configurationKey", List(Object(
                Needs("key", Text(50)),
                Needs("readonly", Flag),
                May("value", Text(500))))),
            May("unknownKey", List(Text(50))))),
        new("Heartbeat", true, false,
            new MessageShape(),
            new MessageShape(
            Needs("currentTime", Time))),
        new("MeterValues", true, false,
            new MessageShape(
            Needs("connectorId", Whole),
            May("transactionId", LargeWhole),
            Needs("meterValue", SharedShapes.MeterValues)),
            new MessageShape()),
        new("RemoteStartTransaction", false, true,
            new MessageShape(
            May("connectorId", Whole),
            Needs("idTag", Text(20)),
            May("chargingProfile", SharedShapes.ChargingProfile)),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Rejected")))),
        new("RemoteStopTransaction", false, true,
            new MessageShape(
            Needs("transactionId", Whole)),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Rejected")))),
        new("Reset", false, true,
            new MessageShape(
            Needs("type", OneOf("Hard", "Soft"))),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Rejected")))),
        new("StartTransaction", true, false,
            new MessageShape(
            Needs("connectorId", Whole),
            Needs("idTag", Text(20)),
            Needs("meterStart", LargeWhole),
            May("reservationId", Whole),
            Needs("timestamp", Time)),
            new MessageShape(
            Needs("idTagInfo", SharedShapes.IdTagInfo),
            Needs("transactionId", Whole))),
        new("StatusNotification", true, false,
            new MessageShape(
            Needs("connectorId", Whole),
            Needs("errorCode", Advice(
                "ConnectorLockFailure", "EVCommunicationError", "GroundFailure", "HighTemperature", "InternalError",
                "LocalListConflict", "NoError", "OtherError", "OverCurrentFailure", "PowerMeterFailure", "PowerSwitchFailure",
                "ReaderFailure", "ResetFailure", "UnderVoltage", "OverVoltage", "WeakSignal")),
            May("info", Text(50)),
            Needs("status", OneOf(
                "Available", "Preparing", "Charging", "SuspendedEVSE", "SuspendedEV", "Finishing", "Reserved", "Unavailable",
                "Faulted")),
            May("timestamp", Time),
            May("vendorId", Text(255)),
            May("vendorErrorCode", Text(50))),
            new MessageShape()),
        new("StopTransaction", true, false,
            new MessageShape(
            May("idTag", Text(20)),
            Needs("meterStop", LargeWhole),
            Needs("timestamp", Time),
            Needs("transactionId", LargeWhole),
            May("reason", Advice(
                "EmergencyStop", "EVDisconnected", "HardReset", "Local", "Other", "PowerLoss", "Reboot", "Remote", "SoftReset",
                "UnlockCommand", "DeAuthorized")),
            May("transactionData", SharedShapes.MeterValues)),
            new MessageShape(
            May("idTagInfo", SharedShapes.IdTagInfo))),
        new("UnlockConnector", false, true,
            new MessageShape(
            Needs("connectorId", Whole)),
            new MessageShape(
            Needs("status", OneOf("Unlocked", "UnlockFailed", "NotSupported")))),
    ];
}
