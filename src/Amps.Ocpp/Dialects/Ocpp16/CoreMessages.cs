using Amps.Ocpp.Dialects.Shapes;
using static Amps.Ocpp.Dialects.Shapes.FieldShape;
using static Amps.Ocpp.Dialects.Shapes.ValueShape;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>Messages of the profile Core (OCPP 1.6 section 6).</summary>
internal static class CoreMessages
{
    public static Ocpp16Action[] All { get; } =
    [
        new("Authorize", true, false,
            new MessageShape(
            Needs("idTag", Text(20))),
            new MessageShape(
            Needs("idTagInfo", Object(
                May("expiryDate", Time),
                May("parentIdTag", Text(20)),
                Needs("status", OneOf("Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx")))))),
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
            May("transactionId", Whole),
            Needs("meterValue", List(Object(
                Needs("timestamp", Time),
                Needs("sampledValue", List(Object(
                    Needs("value", Text()),
                    May("context", Advice(
                        "Interruption.Begin", "Interruption.End", "Sample.Clock", "Sample.Periodic", "Transaction.Begin",
                        "Transaction.End", "Trigger", "Other")),
                    May("format", Advice("Raw", "SignedData")),
                    May("measurand", Advice(
                        "Energy.Active.Export.Register", "Energy.Active.Import.Register", "Energy.Reactive.Export.Register",
                        "Energy.Reactive.Import.Register", "Energy.Active.Export.Interval", "Energy.Active.Import.Interval",
                        "Energy.Reactive.Export.Interval", "Energy.Reactive.Import.Interval", "Power.Active.Export",
                        "Power.Active.Import", "Power.Offered", "Power.Reactive.Export", "Power.Reactive.Import", "Power.Factor",
                        "Current.Import", "Current.Export", "Current.Offered", "Voltage", "Frequency", "Temperature", "SoC",
                        "RPM")),
                    May("phase", Advice("L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1")),
                    May("location", Advice("Cable", "EV", "Inlet", "Outlet", "Body")),
                    May("unit", Advice(
                        "Wh", "kWh", "varh", "kvarh", "W", "kW", "VA", "kVA", "var", "kvar", "A", "V", "K", "Celcius", "Celsius",
                        "Fahrenheit", "Percent"))))))))),
            new MessageShape()),
        new("RemoteStartTransaction", false, true,
            new MessageShape(
            May("connectorId", Whole),
            Needs("idTag", Text(20)),
            May("chargingProfile", Object(
                Needs("chargingProfileId", Whole),
                May("transactionId", Whole),
                Needs("stackLevel", Whole),
                Needs("chargingProfilePurpose", OneOf("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile")),
                Needs("chargingProfileKind", OneOf("Absolute", "Recurring", "Relative")),
                May("recurrencyKind", OneOf("Daily", "Weekly")),
                May("validFrom", Time),
                May("validTo", Time),
                Needs("chargingSchedule", Object(
                    May("duration", Whole),
                    May("startSchedule", Time),
                    Needs("chargingRateUnit", OneOf("A", "W")),
                    Needs("chargingSchedulePeriod", List(Object(
                        Needs("startPeriod", Whole),
                        Needs("limit", Tenths),
                        May("numberPhases", Whole)))),
                    May("minChargingRate", Tenths)))))),
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
            Needs("meterStart", Whole),
            May("reservationId", Whole),
            Needs("timestamp", Time)),
            new MessageShape(
            Needs("idTagInfo", Object(
                May("expiryDate", Time),
                May("parentIdTag", Text(20)),
                Needs("status", OneOf("Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx")))),
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
            Needs("meterStop", Whole),
            Needs("timestamp", Time),
            Needs("transactionId", Whole),
            May("reason", Advice(
                "EmergencyStop", "EVDisconnected", "HardReset", "Local", "Other", "PowerLoss", "Reboot", "Remote", "SoftReset",
                "UnlockCommand", "DeAuthorized")),
            May("transactionData", List(Object(
                Needs("timestamp", Time),
                Needs("sampledValue", List(Object(
                    Needs("value", Text()),
                    May("context", Advice(
                        "Interruption.Begin", "Interruption.End", "Sample.Clock", "Sample.Periodic", "Transaction.Begin",
                        "Transaction.End", "Trigger", "Other")),
                    May("format", Advice("Raw", "SignedData")),
                    May("measurand", Advice(
                        "Energy.Active.Export.Register", "Energy.Active.Import.Register", "Energy.Reactive.Export.Register",
                        "Energy.Reactive.Import.Register", "Energy.Active.Export.Interval", "Energy.Active.Import.Interval",
                        "Energy.Reactive.Export.Interval", "Energy.Reactive.Import.Interval", "Power.Active.Export",
                        "Power.Active.Import", "Power.Offered", "Power.Reactive.Export", "Power.Reactive.Import", "Power.Factor",
                        "Current.Import", "Current.Export", "Current.Offered", "Voltage", "Frequency", "Temperature", "SoC",
                        "RPM")),
                    May("phase", Advice("L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1")),
                    May("location", Advice("Cable", "EV", "Inlet", "Outlet", "Body")),
                    May("unit", Advice(
                        "Wh", "kWh", "varh", "kvarh", "W", "kW", "VA", "kVA", "var", "kvar", "A", "V", "K", "Celcius", "Celsius",
                        "Fahrenheit", "Percent"))))))))),
            new MessageShape(
            May("idTagInfo", Object(
                May("expiryDate", Time),
                May("parentIdTag", Text(20)),
                Needs("status", OneOf("Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx")))))),
        new("UnlockConnector", false, true,
            new MessageShape(
            Needs("connectorId", Whole)),
            new MessageShape(
            Needs("status", OneOf("Unlocked", "UnlockFailed", "NotSupported")))),
    ];
}
