using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>The answer to a call of the central system.</summary>
/// <param name="Result">The payload of a result.</param>
/// <param name="Error">The code of a CALLERROR; with neither the call stays unanswered.</param>
/// <param name="Delay">How late it comes.</param>
internal sealed record Reply(JsonObject? Result, string? Error = null, TimeSpan Delay = default)
{
    /// <summary>The call is never answered.</summary>
    public static readonly Reply None = new(Result: null);
}
