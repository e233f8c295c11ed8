using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>Conditions on messages and changes to them, by paths: names and dots, <c>*</c> for every entry of an array.</summary>
internal static class JsonPaths
{
    /// <summary>Whether every field is as the condition wants it.</summary>
    public static bool Fits(JsonObject message, JsonObject? condition)
    {
        foreach ((string path, JsonNode? wanted) in condition ?? [])
        {
            List<JsonNode?> found = [.. Owners(message, path).Select(owner => owner.Object[owner.Name])];
            if (wanted is null ? found.Exists(node => node is not null) : !found.Exists(node => node is not null && Equal(node, wanted)))
                return false;
        }
        return true;
    }

    public static void Set(JsonObject message, string path, JsonNode? value)
    {
        foreach ((JsonObject owner, string name) in Owners(message, path))
        {
            owner[name] = value is JsonValue text && text.GetValueKind() == JsonValueKind.String && text.GetValue<string>().Contains("{value}", StringComparison.Ordinal)
                ? text.GetValue<string>().Replace("{value}", owner[name]?.ToString(), StringComparison.Ordinal)
                : value?.DeepClone();
        }
    }

    public static void Remove(JsonObject message, string path)
    {
        foreach ((JsonObject owner, string name) in Owners(message, path))
            owner.Remove(name);
    }

    private static bool Equal(JsonNode node, JsonNode wanted) => wanted switch
    {
        JsonArray any => any.Any(one => one is not null && Equal(node, one)),
        JsonValue when wanted.GetValueKind() == JsonValueKind.String && wanted.GetValue<string>() == "fraction" =>
            double.TryParse(node.ToString(), CultureInfo.InvariantCulture, out double number) && number != Math.Floor(number),
        _ when wanted.GetValueKind() == JsonValueKind.Number && node.GetValueKind() == JsonValueKind.Number =>
            double.Parse(node.ToString(), CultureInfo.InvariantCulture).Equals(double.Parse(wanted.ToString(), CultureInfo.InvariantCulture)),
        _ => node.ToString() == wanted.ToString(),
    };

    private static List<(JsonObject Object, string Name)> Owners(JsonObject message, string path)
    {
        string[] names = path.Split('.');
        List<JsonNode> at = [message];
        foreach (string name in names[..^1])
        {
            at = name == "*"
                ? [.. at.OfType<JsonArray>().SelectMany(array => array).OfType<JsonNode>()]
                : [.. at.OfType<JsonObject>().Select(node => node[name]).OfType<JsonNode>()];
        }
        return [.. at.OfType<JsonObject>().Select(owner => (owner, names[^1]))];
    }
}
