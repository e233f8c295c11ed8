using Amps.Ocpp.Dialects.Shapes;
using static Amps.Ocpp.Dialects.Shapes.FieldShape;
using static Amps.Ocpp.Dialects.Shapes.ValueShape;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>Messages of the profile SmartCharging (OCPP 1.6 section 6).</summary>
internal static class SmartChargingMessages
{
    public static OcppAction[] All { get; } =
    [
        new("ClearChargingProfile", false, true,
            new MessageShape(
            May("id", Whole),
            May("connectorId", Whole),
            May("chargingProfilePurpose", OneOf("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile")),
            May("stackLevel", Whole)),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Unknown")))),
        new("GetCompositeSchedule", false, true,
            new MessageShape(
            Needs("connectorId", Whole),
            Needs("duration", Whole),
            May("chargingRateUnit", OneOf("A", "W"))),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Rejected")),
            May("connectorId", Whole),
            May("scheduleStart", Time),
            May("chargingSchedule", SharedShapes.ChargingSchedule))),
        new("SetChargingProfile", false, true,
            new MessageShape(
            Needs("connectorId", Whole),
            Needs("csChargingProfiles", SharedShapes.ChargingProfile)),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Rejected", "NotSupported")))),
    ];
}
