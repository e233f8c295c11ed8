namespace Amps.HardwareSim.Ocpp2;

/// <summary>An EVSE is kept for an id token until it expires.</summary>
internal sealed record Reservation(int Id, IdToken Token, DateTimeOffset Expires);
