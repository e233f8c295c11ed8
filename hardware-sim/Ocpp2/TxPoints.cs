namespace Amps.HardwareSim.Ocpp2;

/// <summary>The conditions by which transactions start and stop (2.0.1 section 2.6.4, TxStartPoint and TxStopPoint), as far as this hardware sees them.</summary>
[Flags]
internal enum TxPoints
{
    None = 0,
    EVConnected = 1,
    Authorized = 2,
    PowerPathClosed = 4,
    EnergyTransfer = 8,
}
