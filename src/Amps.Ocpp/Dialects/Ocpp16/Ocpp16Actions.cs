using Amps.Ocpp.Dialects.Shapes;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>All actions of OCPP 1.6 and its security extension.</summary>
internal static class Ocpp16Actions
{
    public static ActionTable Table { get; } = new(
    [
        .. CoreMessages.All, .. FirmwareManagementMessages.All, .. LocalAuthListMessages.All, .. ReservationMessages.All,
        .. SmartChargingMessages.All, .. RemoteTriggerMessages.All, .. SecurityMessages.All,
    ]);
}
