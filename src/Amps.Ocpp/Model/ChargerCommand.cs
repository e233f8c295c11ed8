using System.Text.Json.Serialization;

namespace Amps.Ocpp.Model;

/// <summary>The two commands of the canonical API (section 5).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChargerCommand>))]
public enum ChargerCommand
{
    [JsonStringEnumMemberName("charge")] Charge,
    [JsonStringEnumMemberName("idle")] Idle,
}

/// <summary>How carrying out a command ended. Expected ends only; the codes are those of the canonical API, section 7.</summary>
/// <param name="Success">The charger itself has shown the effect, or it was so already.</param>
/// <param name="Message">One sentence for a person.</param>
/// <param name="ErrorCode">Canonical error code when not successful.</param>
/// <param name="ConfirmedBy">The charger's message that showed the effect, e.g. <c>StartTransaction</c>.</param>
/// <param name="TransactionId">The transaction it is about.</param>
/// <param name="SessionHeld">For <c>idle</c>: whether the session is held, so that <c>charge</c> can resume it.</param>
/// <param name="OutcomeUnknown">The call was sent and never answered: it may have had its effect.</param>
public sealed record CommandOutcome(
    bool Success,
    string Message,
    string? ErrorCode = null,
    string? ConfirmedBy = null,
    string? TransactionId = null,
    bool? SessionHeld = null,
    bool OutcomeUnknown = false)
{
    public static CommandOutcome Failed(string code, string message, bool unknown = false) =>
        new(false, message, code, OutcomeUnknown: unknown);
}
