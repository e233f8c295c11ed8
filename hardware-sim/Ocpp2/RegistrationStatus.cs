namespace Amps.HardwareSim.Ocpp2;

/// <summary>What the central system made of the last BootNotification.</summary>
internal enum RegistrationStatus
{
    /// <summary>It has not answered one.</summary>
    None,
    Accepted,
    Pending,
    Rejected,
}
