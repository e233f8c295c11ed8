using System.Text.Json;
using Amps.Ocpp.Dialects.Ocpp16;
using Amps.Ocpp.Dialects.Ocpp2;
using Amps.Ocpp.Dialects.Shapes;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>The tables of messages, field by field against the official schemas of their version.</summary>
public sealed class ShapesTests
{
    public static TheoryData<string> Versions => ["1.6", "2.0.1", "2.1"];

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_message_has_the_fields_types_words_and_bounds_of_its_schema(string version)
    {
        Assert.SkipUnless(OcppSchemas.Available, OcppSchemas.Missing);
        foreach (OcppAction action in TableOf(version).All)
        {
            JsonElement request = Schema(version, action.IsOneWay || version == "1.6" ? action.Name : action.Name + "Request");
            CompareObject(action.Request, request, request, action.Name);
            if (action.IsOneWay)
                continue;
            JsonElement response = Schema(version, action.Name + "Response");
            CompareObject(action.Response, response, response, action.Name + "Response");
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Every_message_of_the_standard_is_in_the_table(string version)
    {
        Assert.SkipUnless(OcppSchemas.Available, OcppSchemas.Missing);
        IEnumerable<string> files = Directory.EnumerateFiles(Path.Combine(OcppSchemas.Folder!, version), "*.json")
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .Where(name => !name.EndsWith("Response", StringComparison.Ordinal))
            .Select(name => name.EndsWith("Request", StringComparison.Ordinal) ? name[..^"Request".Length] : name);
        Assert.Equal(files.Order(), TableOf(version).All.Select(action => action.Name).Order());
    }

    private static ActionTable TableOf(string version) => version switch
    {
        "1.6" => Ocpp16Actions.Table,
        "2.0.1" => Ocpp2Release.V201.Value.Actions,
        _ => Ocpp2Release.V21.Value.Actions,
    };

    private static JsonElement Schema(string version, string name) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(OcppSchemas.Folder!, version, name + ".json"))).RootElement;

    private static void CompareObject(MessageShape shape, JsonElement schema, JsonElement root, string path)
    {
        HashSet<string> required = schema.TryGetProperty("required", out JsonElement list) ? [.. list.EnumerateArray().Select(name => name.GetString()!)] : [];
        Dictionary<string, JsonElement> properties = schema.TryGetProperty("properties", out JsonElement fields)
            ? fields.EnumerateObject().ToDictionary(field => field.Name, field => field.Value)
            : [];
        Assert.True(shape.IsOpen == (schema.TryGetProperty("additionalProperties", out JsonElement more) ? more.GetBoolean() : true), $"{path}: further fields");
        Assert.Equal(properties.Keys.Order(), shape.Fields.Select(field => field.Name).Order());
        foreach (FieldShape field in shape.Fields)
        {
            Assert.True(required.Contains(field.Name) == field.Required, $"{path}.{field.Name}: required");
            CompareValue(field.Value, properties[field.Name], root, $"{path}.{field.Name}");
        }
    }

    private static void CompareValue(ValueShape shape, JsonElement schema, JsonElement root, string path)
    {
        if (schema.TryGetProperty("$ref", out JsonElement reference))
            schema = root.GetProperty("definitions").GetProperty(reference.GetString()!.Split('/')[^1]);
        if (shape is AnyShape)
        {
            Assert.False(schema.TryGetProperty("type", out _), path);
            return;
        }
        string type = schema.GetProperty("type").GetString()!;
        switch (shape)
        {
            case ChoiceShape choice:
                Assert.Equal(schema.GetProperty("enum").EnumerateArray().Select(word => word.GetString()!).Order(), choice.Words.Order());
                break;
            case TimeShape:
                Assert.Equal("date-time", schema.GetProperty("format").GetString());
                break;
            case TextShape text:
                Assert.Equal("string", type);
                Assert.False(schema.TryGetProperty("enum", out _), path);
                Assert.True((schema.TryGetProperty("maxLength", out JsonElement length) ? length.GetInt32() : int.MaxValue) == text.MaxLength, $"{path}: length");
                break;
            case NumberShape number:
                Assert.Equal(type == "integer", number.OnlyWhole);
                Assert.Equal(schema.TryGetProperty("multipleOf", out _), number.OneDecimal);
                Assert.Equal(schema.TryGetProperty("minimum", out JsonElement least) ? least.GetDouble() : double.NegativeInfinity, number.Min);
                Assert.Equal(schema.TryGetProperty("maximum", out JsonElement most) ? most.GetDouble() : double.PositiveInfinity, number.Max);
                break;
            case FlagShape:
                Assert.Equal("boolean", type);
                break;
            case ListShape items:
                Assert.Equal("array", type);
                Assert.Equal(schema.TryGetProperty("minItems", out JsonElement min) ? min.GetInt32() : 0, items.Min);
                Assert.Equal(schema.TryGetProperty("maxItems", out JsonElement max) ? max.GetInt32() : int.MaxValue, items.Max);
                CompareValue(items.Item, schema.GetProperty("items"), root, path + "[]");
                break;
            case ObjectShape nested:
                Assert.Equal("object", type);
                CompareObject(nested.Fields, schema, root, path);
                break;
            default:
                Assert.Fail($"{path}: a shape that no schema has");
                break;
        }
    }
}
