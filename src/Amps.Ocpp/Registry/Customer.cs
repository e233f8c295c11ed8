namespace Amps.Ocpp.Registry;

/// <summary>A customer of the service: owner of keys and charge points.</summary>
/// <param name="Id">1–64 characters of <c>A-Z a-z 0-9 _ . -</c>.</param>
/// <param name="LiveEnabled">Whether its live keys are let in; false = 403 <c>LIVE_ACCESS_DISABLED</c>.</param>
/// <param name="CreatedAt">UTC.</param>
public sealed record Customer(string Id, bool LiveEnabled, DateTimeOffset CreatedAt);
