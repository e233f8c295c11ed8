using System.Text;
using System.Text.Json;
using Amps.Ocpp.Chargers;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>The password as 1.6 has it: the configuration key AuthorizationKey (security whitepaper, use case A01).</summary>
internal sealed partial class Ocpp16Session : IPasswordLink
{
    private const string PasswordKey = "AuthorizationKey";

    public Task<CallAnswerSummary> SetPasswordAsync(string password, CancellationToken cancellationToken)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(password);
        // Up to 20 bytes are written as their digits; what is longer is digits already, or only a charge point that takes text takes it.
        string value = bytes.Length <= 20 ? Convert.ToHexString(bytes) : password;
        return AskAsync("ChangeConfiguration", Ocpp16Messages.ChangeConfiguration(PasswordKey, value), cancellationToken);
    }

    public string? FindPassword(string action, JsonElement payload) =>
        action == "ChangeConfiguration"
        && payload.TryGetProperty("key", out JsonElement key) && key.ValueKind == JsonValueKind.String
        && PasswordKey.Equals(key.GetString(), StringComparison.OrdinalIgnoreCase)
        && payload.TryGetProperty("value", out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
