using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Amps.Ocpp.Tests.Deploy;

/// <summary>deploy/compose.yaml, its merge keys resolved.</summary>
internal sealed class ComposeFile
{
    private readonly Dictionary<object, object> _root;

    public ComposeFile()
    {
        using StreamReader text = File.OpenText(Path.Combine(DeploySecrets.Deploy, "compose.yaml"));
        _root = new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(new MergingParser(new Parser(text)));
    }

    public IReadOnlyDictionary<string, Dictionary<object, object>> Services =>
        Map(_root["services"]).ToDictionary(service => (string)service.Key, service => Map(service.Value));

    public IEnumerable<string> Nodes => Services.Keys.Where(name => name.StartsWith("node", StringComparison.Ordinal));

    public Dictionary<string, string> Environment(string service) =>
        Map(Services[service]["environment"]).ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value);

    public IReadOnlyList<string> Texts(string service, string key) =>
        Services[service].TryGetValue(key, out object? list) ? [.. ((List<object>)list).Cast<string>()] : [];

    /// <summary>Files of this folder that containers see: on the machine, and in the container.</summary>
    public IEnumerable<(string Host, string Container)> Binds(string service) => Texts(service, "volumes")
        .Where(volume => volume.StartsWith("./", StringComparison.Ordinal))
        .Select(volume => volume.Split(':'))
        .Select(parts => (parts[0][2..], parts[1]));

    private static Dictionary<object, object> Map(object value) => (Dictionary<object, object>)value;
}
