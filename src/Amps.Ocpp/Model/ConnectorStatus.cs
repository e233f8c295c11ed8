namespace Amps.Ocpp.Model;

/// <summary>
/// What a connector says of itself, in the words of OCPP 1.6 section 7.7 (ChargePointStatus); the 2.x adapters map
/// ConnectorStatusEnumType and chargingState to the same words.
/// </summary>
public enum ConnectorStatus
{
    /// <summary>Not told yet.</summary>
    Unknown,
    Available,
    Preparing,
    Charging,

    /// <summary>The vehicle does not draw although energy is offered.</summary>
    SuspendedEV,

    /// <summary>The charge point does not offer energy.</summary>
    SuspendedEVSE,
    Finishing,
    Reserved,
    Unavailable,
    Faulted,
}
