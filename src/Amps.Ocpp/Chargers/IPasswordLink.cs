using System.Text.Json;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// A link over which the charge point's password can be changed (1.6 AuthorizationKey, 2.x BasicAuthPassword); adapters implement it
/// beside <see cref="IChargePointSession"/>.
/// </summary>
public interface IPasswordLink
{
    /// <summary>Sends a new password in the version's own form.</summary>
    Task<CallAnswerSummary> SetPasswordAsync(string password, CancellationToken cancellationToken);

    /// <summary>The password that a call of the operator's would set; null = it sets none.</summary>
    string? FindPassword(string action, JsonElement payload);
}
