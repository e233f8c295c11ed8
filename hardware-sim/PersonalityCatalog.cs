using System.Text.Json;
using System.Text.Json.Serialization;

namespace Amps.HardwareSim;

/// <summary>The personalities in the folder beside the program.</summary>
public static class PersonalityCatalog
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        NumberHandling = JsonNumberHandling.Strict,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "personalities");

    /// <summary>All of them by name.</summary>
    public static IReadOnlyDictionary<string, Personality> All { get; } = Load();

    /// <exception cref="JsonException">It is not what <see cref="Personality"/> describes.</exception>
    public static Personality Read(string name, string json) =>
        JsonSerializer.Deserialize<Personality>(json, s_json)! with { Name = name };

    private static SortedDictionary<string, Personality> Load()
    {
        var found = new SortedDictionary<string, Personality>(StringComparer.Ordinal);
        if (!Directory.Exists(Folder))
            return found;
        foreach (string file in Directory.EnumerateFiles(Folder, "*.json"))
        {
            string name = Path.GetFileNameWithoutExtension(file);
            try
            {
                found[name] = Read(name, File.ReadAllText(file));
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"{name}.json: {e.Message}", e);
            }
        }
        return found;
    }
}
