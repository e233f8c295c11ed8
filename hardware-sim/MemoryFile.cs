using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>What a charge point keeps in its flash, e.g. profiles, settings, registers, running transactions: one JSON file.</summary>
internal sealed class MemoryFile(string folder, string id)
{
    private string Name => Path.Combine(folder, Uri.EscapeDataString(id) + ".json");

    /// <summary>What was saved last; null = nothing ever.</summary>
    public JsonObject? Load() => File.Exists(Name) ? JsonNode.Parse(File.ReadAllText(Name))!.AsObject() : null;

    public void Save(JsonObject kept)
    {
        Directory.CreateDirectory(folder);
        string written = Name + ".new";
        File.WriteAllText(written, kept.ToJsonString());
        File.Move(written, Name, overwrite: true);
    }
}
