using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>What a charge point keeps in its flash: profiles, configuration, registers, running transactions; one JSON file.</summary>
internal sealed class MemoryFile(string folder, string id)
{
    private string Name => Path.Combine(folder, Uri.EscapeDataString(id) + ".json");

    public void Load(ChargingProfiles profiles, ConfigurationKeys configuration, Connector[] connectors)
    {
        if (!File.Exists(Name))
            return;
        JsonObject saved = JsonNode.Parse(File.ReadAllText(Name))!.AsObject();
        profiles.Load(saved["profiles"]!.AsArray());
        configuration.Load(saved["configuration"]!.AsObject());
        JsonArray registers = saved["energyWh"]!.AsArray();
        for (int i = 0; i < connectors.Length && i < registers.Count; i++)
            connectors[i].EnergyWh = registers[i]!.GetValue<double>();
        JsonArray? transactions = saved["transactions"]?.AsArray();
        for (int i = 0; i < connectors.Length && i < transactions?.Count; i++)
        {
            if (transactions[i] is JsonObject lost)
                connectors[i].TellLost(lost);
        }
    }

    public void Save(ChargingProfiles profiles, ConfigurationKeys configuration, Connector[] connectors)
    {
        Directory.CreateDirectory(folder);
        var saved = new JsonObject
        {
            ["profiles"] = profiles.Save(),
            ["configuration"] = configuration.Save(),
            ["transactions"] = new JsonArray([.. connectors.Select(connector => (JsonNode?)connector.SaveTransaction())]),
            ["energyWh"] = new JsonArray([.. connectors.Select(connector => (JsonNode)JsonValue.Create(connector.EnergyWh))]),
        };
        string written = Name + ".new";
        File.WriteAllText(written, saved.ToJsonString());
        File.Move(written, Name, overwrite: true);
    }
}
