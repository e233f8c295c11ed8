namespace Amps.Ocpp.Model;

/// <summary>Kinds of devices of the canonical API.</summary>
public static class DeviceTypes
{
    public const string EvCharger = "ev_charger";
}
