namespace Amps.Ocpp.Chargers;

/// <summary>What a charge point says it keeps of a limit that it accepted.</summary>
/// <param name="Reading">The limit; null = it keeps none.</param>
public sealed record StoredLimit(LimitReading? Reading);
