using Amps.Ocpp.Dialects.Shapes;
using static Amps.Ocpp.Dialects.Shapes.FieldShape;
using static Amps.Ocpp.Dialects.Shapes.ValueShape;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>Types that several messages have in common (OCPP 1.6 section 7).</summary>
internal static class SharedShapes
{
    public static ValueShape IdTagInfo { get; } = Object(
        May("expiryDate", Time),
        May("parentIdTag", Text(20)),
        Needs("status", OneOf("Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx")));

    public static ValueShape MeterValues { get; } = List(Object(
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
                "Fahrenheit", "Percent")))))));

    public static ValueShape ChargingSchedule { get; } = Object(
        May("duration", Whole),
        May("startSchedule", Time),
        Needs("chargingRateUnit", OneOf("A", "W")),
        Needs("chargingSchedulePeriod", List(Object(
            Needs("startPeriod", Whole),
            Needs("limit", Tenths),
            May("numberPhases", Whole)))),
        May("minChargingRate", Tenths));

    public static ValueShape ChargingProfile { get; } = Object(
        Needs("chargingProfileId", Whole),
        May("transactionId", Whole),
        Needs("stackLevel", Whole),
        Needs("chargingProfilePurpose", OneOf("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile")),
        Needs("chargingProfileKind", OneOf("Absolute", "Recurring", "Relative")),
        May("recurrencyKind", OneOf("Daily", "Weekly")),
        May("validFrom", Time),
        May("validTo", Time),
        Needs("chargingSchedule", ChargingSchedule));
}
