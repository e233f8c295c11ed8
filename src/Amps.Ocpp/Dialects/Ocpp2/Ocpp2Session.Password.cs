using System.Text.Json;
using Amps.Ocpp.Chargers;

namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>The password as 2.x has it: the variable BasicAuthPassword (part 2, use case A01).</summary>
internal sealed partial class Ocpp2Session : IPasswordLink
{
    private const string SecurityComponent = "SecurityCtrlr";
    private const string PasswordVariable = "BasicAuthPassword";

    public Task<CallAnswerSummary> SetPasswordAsync(string password, CancellationToken cancellationToken) =>
        _setup.ChangeAsync($"{SecurityComponent}.{PasswordVariable}", password, cancellationToken);

    public string? FindPassword(string action, JsonElement payload)
    {
        if (action != "SetVariables" || !payload.TryGetProperty("setVariableData", out JsonElement list) || list.ValueKind != JsonValueKind.Array)
            return null;
        foreach (JsonElement data in list.EnumerateArray())
        {
            if (Name(data, "component").Equals(SecurityComponent, StringComparison.OrdinalIgnoreCase)
                && Name(data, "variable").Equals(PasswordVariable, StringComparison.OrdinalIgnoreCase)
                && data.TryGetProperty("attributeValue", out JsonElement value) && value.ValueKind == JsonValueKind.String)
            {
                return value.GetString();
            }
        }
        return null;
    }

    /// <summary>The name of a component or variable; empty when there is none to be read.</summary>
    private static string Name(JsonElement data, string part) =>
        data.ValueKind == JsonValueKind.Object && data.TryGetProperty(part, out JsonElement named) && named.ValueKind == JsonValueKind.Object
        && named.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String
            ? name.GetString()!
            : "";
}
