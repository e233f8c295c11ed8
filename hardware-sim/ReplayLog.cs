using System.Text.Json;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>One recorded message, oldest first in a log.</summary>
/// <param name="FromChargePoint">Whose message it was.</param>
/// <param name="Text">As it went over the wire, secrets masked.</param>
internal sealed record ReplayFrame(bool FromChargePoint, string Text)
{
    /// <summary>The message as JSON; null where it is none.</summary>
    public JsonArray? Json { get; } = Parse(Text);

    private static JsonArray? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonArray is { Count: >= 3 } frame && frame[0] is JsonValue type && type.TryGetValue(out int _)
                && frame[1] is JsonValue id && id.TryGetValue(out string? _) ? frame : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>What the service's flight recorder answered, saved as a file.</summary>
internal sealed record ReplayLog(string ChargePointId, IReadOnlyList<ReplayFrame> Frames)
{
    /// <summary>Reads <c>GET /operator/charge-points/{id}/frames</c> as it was served, with or without its envelope.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static ReplayLog Read(string json)
    {
        try
        {
            JsonNode root = JsonNode.Parse(json)!;
            JsonNode log = root["data"] ?? root;
            return new ReplayLog(
                log["chargePointId"]!.GetValue<string>(),
                [
                    .. log["items"]!.AsArray().Reverse().Where(item => item!["cut"]?.GetValue<bool>() != true)
                        .Select(item => new ReplayFrame(item!["direction"]!.GetValue<string>() == "received", item["text"]!.GetValue<string>())),
                ]);
        }
        catch (Exception e) when (e is JsonException or NullReferenceException or InvalidOperationException)
        {
            throw new FormatException("not a saved answer of GET /operator/charge-points/{id}/frames", e);
        }
    }
}
