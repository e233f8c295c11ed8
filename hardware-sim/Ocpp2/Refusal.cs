namespace Amps.HardwareSim.Ocpp2;

/// <summary>Why something is rejected: a reason code of the standard's appendix 5, and words for a reader.</summary>
internal sealed record Refusal(string ReasonCode, string Info);
