using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>Somebody may charge at an EVSE.</summary>
/// <param name="Token">Who.</param>
/// <param name="RemoteStartId">Of the request that allowed it; null = a card did.</param>
/// <param name="Profile">The charging profile that came with the request, for the transaction that it starts.</param>
/// <param name="Until">Without a vehicle it ends then (TxCtrlr.EVConnectionTimeOut).</param>
internal sealed record Authorization(IdToken Token, int? RemoteStartId, JsonObject? Profile, DateTimeOffset Until);
