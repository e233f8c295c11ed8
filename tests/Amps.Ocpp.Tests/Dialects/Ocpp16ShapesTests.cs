using System.Text.Json;
using Amps.Ocpp.Dialects.Ocpp16;
using Amps.Ocpp.Dialects.Shapes;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>The table of 1.6 messages, field by field against the official schemas.</summary>
public sealed class Ocpp16ShapesTests
{
    public static TheoryData<string> Actions => [.. Ocpp16Actions.All.Select(action => action.Name).Order()];

    [Theory]
    [MemberData(nameof(Actions))]
    public void A_message_has_the_fields_types_words_and_bounds_of_its_schema(string action)
    {
        Assert.SkipUnless(OcppSchemas.Available, OcppSchemas.Missing);
        Ocpp16Action known = Ocpp16Actions.Find(action)!;
        Compare(known.Request, Schema(action), action);
        Compare(known.Response, Schema(action + "Response"), action + "Response");
    }

    [Fact]
    public void Every_message_of_the_standard_is_in_the_table()
    {
        Assert.SkipUnless(OcppSchemas.Available, OcppSchemas.Missing);
        IEnumerable<string> files = Directory.EnumerateFiles(Path.Combine(OcppSchemas.Folder!, "1.6"), "*.json")
            .Select(file => Path.GetFileNameWithoutExtension(file)).Where(name => !name.EndsWith("Response", StringComparison.Ordinal));
        Assert.Equal(files.Order(), Ocpp16Actions.All.Select(action => action.Name).Order());
    }

    private static JsonElement Schema(string name) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(OcppSchemas.Folder!, "1.6", name + ".json"))).RootElement;

    private static void Compare(MessageShape shape, JsonElement schema, string path) => CompareObject(shape, schema, schema, path);

    private static void CompareObject(MessageShape shape, JsonElement schema, JsonElement root, string path)
    {
        HashSet<string> required = schema.TryGetProperty("required", out JsonElement list) ? [.. list.EnumerateArray().Select(name => name.GetString()!)] : [];
        Dictionary<string, JsonElement> properties = schema.TryGetProperty("properties", out JsonElement fields)
            ? fields.EnumerateObject().ToDictionary(field => field.Name, field => field.Value)
            : [];
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
