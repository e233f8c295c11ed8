using System.Globalization;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>The device model of a station: its variables, and the values that can be set (2.0.1 part 2, appendix 3).</summary>
internal sealed partial class DeviceModel
{
    private static readonly string[] s_availability = ["Available", "Occupied", "Reserved", "Unavailable", "Faulted"];

    private readonly List<Variable> _variables = [];
    private readonly Dictionary<string, string> _settings = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<Variable> All => _variables;

    public int Whole(string path) => int.TryParse(Text(path), CultureInfo.InvariantCulture, out int value) ? value : 0;

    public bool Flag(string path) => Text(path) == "true";

    public string Text(string path) => _settings.GetValueOrDefault(path, "");

    public IReadOnlyList<string> List(string path) => Text(path).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public TxPoints Points(string path) => List(path).Aggregate(TxPoints.None, static (points, word) => points | Enum.Parse<TxPoints>(word));

    public void Set(string path, string value) => _settings[path] = value;

    /// <summary>Other values than usual; null takes a variable away.</summary>
    public void Override(IReadOnlyDictionary<string, string?> values)
    {
        foreach ((string path, string? value) in values)
        {
            if (value is null)
                _variables.RemoveAll(variable => variable.Path == path);
            else if (_settings.ContainsKey(path))
                _settings[path] = value;
            else if (_variables.FindIndex(variable => variable.Path == path) is var at and >= 0)
                _variables[at] = _variables[at] with { Value = () => value };
            else
                throw new InvalidDataException($"There is no variable {path}.");
        }
    }

    /// <summary>The variable that a message names; with why there is none in the words of GetVariables.</summary>
    public (Variable? Found, string Status) Find(JsonObject component, JsonObject variable)
    {
        List<Variable> named = _variables.FindAll(known => known.IsAbout(component));
        return named.Find(known => known.Is(variable)) is { } found ? (found, "Accepted")
            : (null, named.Count == 0 ? "UnknownComponent" : "UnknownVariable");
    }

    public JsonObject Save() => new(_settings.Select(setting => KeyValuePair.Create(setting.Key, (JsonNode?)JsonValue.Create(setting.Value))));

    public void Load(JsonObject saved)
    {
        foreach ((string path, JsonNode? value) in saved)
        {
            if (_settings.ContainsKey(path))
                _settings[path] = value!.GetValue<string>();
        }
    }

    private void Told(string component, string name, string type, Func<string> value, int? evse = null, int? connector = null) =>
        _variables.Add(new Variable(component, name) { DataType = type, Value = value, Evse = evse, Connector = connector, Values = type == "OptionList" ? s_availability : [] });

    private void Fixed(string component, string name, string type, string value, string? instance = null, string? unit = null) =>
        _variables.Add(new Variable(component, name) { DataType = type, Value = () => value, Instance = instance, Unit = unit, Values = type is "MemberList" or "SequenceList" ? value.Split(',') : [] });

    private void Setting(Variable variable, string value)
    {
        string path = variable.Path;
        _settings[path] = value;
        _variables.Add(variable with
        {
            Mutability = variable.Mutability == "WriteOnly" ? "WriteOnly" : "ReadWrite",
            Value = () => _settings[path],
            Change = given => _settings[path] = given,
        });
    }

    private void Switch(string component, string name, bool value, string? instance = null) =>
        Setting(new Variable(component, name) { DataType = "boolean", Instance = instance, Value = null! }, value ? "true" : "false");

    private void Number(string component, string name, int value, string? unit = null, int min = 0, int max = 86_400, string? instance = null) =>
        Setting(new Variable(component, name) { DataType = "integer", Instance = instance, Unit = unit, Min = min, Max = max, Value = null! }, value.ToString(CultureInfo.InvariantCulture));

    private void Members(string component, string name, IReadOnlyList<string> all, string value, string type = "MemberList") =>
        Setting(new Variable(component, name) { DataType = type, Values = all, Value = null! }, value);
}
