using System.Collections.Concurrent;
using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using NJsonSchema;

namespace Amps.Ocpp.Tests.Support;

/// <summary>
/// The official OCPP message schemas. The folder is <c>AMPS_OCPP_SCHEMAS</c>, or the first
/// <c>shared/ocpp-schemas</c> found in an ancestor of the test assembly or beside one.
/// </summary>
public static class OcppSchemas
{
    /// <summary>Where the official files are; null = not on this machine.</summary>
    public static readonly string? Folder = Locate();
    private static readonly ConcurrentDictionary<string, JsonSchema?> Cache = new(StringComparer.Ordinal);

    /// <summary>Whether the schema files are on this machine; tests that need them are skipped where they are not.</summary>
    public static bool Available => Folder is not null;

    /// <summary>Says why a test was skipped.</summary>
    public const string Missing = "The OCPP schema files are not on this machine (set AMPS_OCPP_SCHEMAS).";

    /// <summary>Checks one payload (not the frame).</summary>
    /// <param name="version"><c>1.6</c>, <c>2.0.1</c> or <c>2.1</c>; a subprotocol name such as <c>ocpp1.6</c> is taken as well.</param>
    /// <param name="action">Action name, e.g. <c>BootNotification</c>.</param>
    /// <param name="isResponse">True for the payload of a CALLRESULT.</param>
    /// <param name="json">The payload object as text.</param>
    /// <param name="oneWay">A message without an answer (2.1, SEND).</param>
    /// <returns>One line per violation; empty when the payload is valid.</returns>
    public static IReadOnlyList<string> Validate(string version, string action, bool isResponse, string json, bool oneWay = false)
    {
        ArgumentNullException.ThrowIfNull(version);
        ArgumentNullException.ThrowIfNull(action);
        if (Folder is null)
        {
            throw new InvalidOperationException(Missing);
        }

        var number = version.StartsWith("ocpp", StringComparison.Ordinal) ? version[4..] : version;
        var suffix = isResponse ? "Response" : number == "1.6" || oneWay ? "" : "Request";
        var schema = Cache.GetOrAdd(Path.Combine(number, action + suffix + ".json"), Load);
        if (schema is null)
        {
            return [$"{number} has no schema for {action}{suffix}"];
        }

        JToken token;
        try
        {
            token = Parse(json);
        }
        catch (JsonException e)
        {
            return [$"{action}{suffix}: not JSON: {e.Message}"];
        }

        // Asked of an array or a text, the validator does not always complain about the type of the root.
        return token is not JObject
            ? [$"{action}{suffix}: the payload is no object"]
            : [.. schema.Validate(token).Select(e => $"{action}{suffix}: {e.Path} {e.Kind}: {token.SelectToken(e.Path?.TrimStart('#', '/') ?? "")?.ToString(Formatting.None)}")];
    }

    /// <inheritdoc cref="Validate(string, string, bool, string, bool)"/>
    public static IReadOnlyList<string> Validate(string version, string action, bool isResponse, ReadOnlySpan<byte> json) =>
        Validate(version, action, isResponse, Encoding.UTF8.GetString(json));

    private static JsonSchema? Load(string file)
    {
        var path = Path.Combine(Folder!, file);
        if (!File.Exists(path))
        {
            return null;
        }

        var root = (JObject)Parse(File.ReadAllText(path));
        // A urn as base address makes the library look for "#/definitions" in another document.
        root.Remove("id");
        root.Remove("$id");
        return JsonSchema.FromJsonAsync(root.ToString()).GetAwaiter().GetResult();
    }

    private static JToken Parse(string json)
    {
        using var text = new StringReader(json);
        // Dates stay text for the format check; decimals keep multipleOf 0.1 exact.
        using var reader = new JsonTextReader(text) { DateParseHandling = DateParseHandling.None, FloatParseHandling = FloatParseHandling.Decimal };
        return JToken.Load(reader);
    }

    private static string? Locate()
    {
        var named = Environment.GetEnvironmentVariable("AMPS_OCPP_SCHEMAS");
        if (!string.IsNullOrEmpty(named))
        {
            return Directory.Exists(named) ? named : null;
        }

        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var beside = Path.Combine(at.FullName, "shared", "ocpp-schemas");
            if (Directory.Exists(beside))
            {
                return beside;
            }
        }

        return null;
    }
}
