using System.Globalization;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>One variable of one component of the device model, with its actual value.</summary>
internal sealed record Variable(string Component, string Name)
{
    /// <summary>Of an EVSE; null = of the station.</summary>
    public int? Evse { get; init; }

    /// <summary>Of a connector of that EVSE.</summary>
    public int? Connector { get; init; }

    /// <summary>Which of several variables of the name.</summary>
    public string? Instance { get; init; }

    /// <summary><c>boolean</c>, <c>integer</c>, <c>decimal</c>, <c>string</c>, <c>dateTime</c>, <c>OptionList</c>, <c>MemberList</c>, <c>SequenceList</c>.</summary>
    public string DataType { get; init; } = "string";

    public string? Unit { get; init; }

    public double? Min { get; init; }

    public double? Max { get; init; }

    /// <summary>Characters that a text has at least.</summary>
    public int MinLength { get; init; }

    /// <summary>Characters that a text has at most.</summary>
    public int MaxLength { get; init; } = 1000;

    /// <summary>What may be in it, for the list types.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary><c>ReadOnly</c>, <c>ReadWrite</c> or <c>WriteOnly</c>.</summary>
    public string Mutability { get; init; } = "ReadOnly";

    /// <summary>A new value counts from the next boot.</summary>
    public bool NeedsReboot { get; init; }

    public required Func<string> Value { get; init; }

    public Action<string>? Change { get; init; }

    /// <summary>Name of the component, variable and instance, as settings of a personality write it.</summary>
    public string Path => $"{Component}{(Evse is { } evse ? $"#{evse}" : "")}.{Name}{(Instance is null ? "" : $"[{Instance}]")}";

    public bool IsAbout(JsonObject component) =>
        component.Text("name").Equals(Component, StringComparison.OrdinalIgnoreCase) && component.MaybeText("instance") is null
        && component.MaybePart("evse")?.Whole("id") == Evse && component.MaybePart("evse")?.MaybeWhole("connectorId") == Connector;

    public bool Is(JsonObject variable) =>
        variable.Text("name").Equals(Name, StringComparison.OrdinalIgnoreCase)
        && (variable.MaybeText("instance")?.Equals(Instance, StringComparison.OrdinalIgnoreCase) ?? Instance is null);

    /// <summary>Why a value cannot be set; null = it can.</summary>
    public Refusal? Refuse(string value) => DataType switch
    {
        "boolean" when value is not ("true" or "false") => new Refusal("InvalidValue", "true or false"),
        "integer" when !int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) => new Refusal("InvalidValue", "a whole number"),
        "integer" or "decimal" when !double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || number < Min || number > Max =>
            new Refusal("ValueOutOfRange", $"{Min} to {Max}"),
        "string" when value.Length < MinLength || value.Length > MaxLength => new Refusal("ValueOutOfRange", $"{MinLength} to {MaxLength} characters"),
        "OptionList" when !Values.Contains(value) => new Refusal("InvalidValue", "not one of the values"),
        "MemberList" or "SequenceList" when value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Except(Values).Any() => new Refusal("InvalidValue", "not all of the values"),
        _ => null,
    };

    public JsonObject ComponentNode()
    {
        var component = new JsonObject { ["name"] = Component };
        if (Evse is { } evse)
        {
            component["evse"] = new JsonObject { ["id"] = evse };
            if (Connector is { } connector)
                component["evse"]!["connectorId"] = connector;
        }
        return component;
    }

    public JsonObject VariableNode()
    {
        var variable = new JsonObject { ["name"] = Name };
        if (Instance is not null)
            variable["instance"] = Instance;
        return variable;
    }

    /// <summary>As NotifyReport tells it.</summary>
    public JsonObject Report()
    {
        var attribute = new JsonObject { ["type"] = "Actual", ["mutability"] = Mutability, ["persistent"] = Change is not null, ["constant"] = false };
        if (Mutability != "WriteOnly")
            attribute["value"] = Value();
        var kind = new JsonObject { ["dataType"] = DataType, ["supportsMonitoring"] = DataType is "integer" or "decimal" };
        if (Unit is not null)
            kind["unit"] = Unit;
        if (Min is { } min)
            kind["minLimit"] = min;
        if (Max is { } max)
            kind["maxLimit"] = max;
        if (Values.Count > 0)
            kind["valuesList"] = string.Join(',', Values);
        return new JsonObject
        {
            ["component"] = ComponentNode(),
            ["variable"] = VariableNode(),
            ["variableAttribute"] = new JsonArray(attribute),
            ["variableCharacteristics"] = kind,
        };
    }
}
