using System.Globalization;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>Phrases that many messages share.</summary>
internal static class Words
{
    /// <summary>A status, and why (appendix 5 of the standard, reason codes).</summary>
    public static JsonObject Status(string status, string? reasonCode = null, string? info = null)
    {
        var answer = new JsonObject { ["status"] = status };
        if (reasonCode is not null)
            answer["statusInfo"] = Info(reasonCode, info);
        return answer;
    }

    public static JsonObject Status(string status) => Status(status, null);

    public static JsonObject Info(string reasonCode, string? info = null)
    {
        var said = new JsonObject { ["reasonCode"] = reasonCode };
        if (info is not null)
            said["additionalInfo"] = info;
        return said;
    }

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static JsonObject Evse(int id, int connectorId) => new() { ["id"] = id, ["connectorId"] = connectorId };
}
