using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>Reads fields of a message; what is missing or of another type ends in the error that the standard names for it.</summary>
internal static class Fields
{
    private const string Missing = "OccurrenceConstraintViolation";
    private const string OtherType = "TypeConstraintViolation";
    private const string OtherValue = "PropertyConstraintViolation";

    public static string Text(this JsonObject from, string name) => from.MaybeText(name) ?? throw new UnreadableException(Missing, name);

    public static string? MaybeText(this JsonObject from, string name) => from[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => throw new UnreadableException(OtherType, name),
    };

    /// <summary>A text that must be one of a few.</summary>
    public static string Word(this JsonObject from, string name, params ReadOnlySpan<string> allowed)
    {
        string word = from.Text(name);
        return allowed.Contains(word) ? word : throw new UnreadableException(OtherValue, name);
    }

    public static int Whole(this JsonObject from, string name) => from.MaybeWhole(name) ?? throw new UnreadableException(Missing, name);

    public static int? MaybeWhole(this JsonObject from, string name) =>
        from.MaybeNumber(name) is not { } number ? null
        : number == Math.Floor(number) && Math.Abs(number) <= int.MaxValue ? (int)number
        : throw new UnreadableException(OtherType, name);

    public static double Number(this JsonObject from, string name) => from.MaybeNumber(name) ?? throw new UnreadableException(Missing, name);

    public static double? MaybeNumber(this JsonObject from, string name) => from[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture),
        _ => throw new UnreadableException(OtherType, name),
    };

    public static DateTimeOffset? MaybeTime(this JsonObject from, string name) =>
        from.MaybeText(name) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time
        : throw new UnreadableException("FormatViolation", name);

    public static bool? MaybeFlag(this JsonObject from, string name) => from[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => value.GetValue<bool>(),
        _ => throw new UnreadableException(OtherType, name),
    };

    public static IReadOnlyList<int>? MaybeWholes(this JsonObject from, string name) =>
        Entries(from, name)?.ConvertAll(entry => entry is JsonValue value && value.TryGetValue(out int whole) ? whole : throw new UnreadableException(OtherType, name));

    public static IReadOnlyList<string>? MaybeTexts(this JsonObject from, string name) =>
        Entries(from, name)?.ConvertAll(entry => entry is JsonValue value && value.TryGetValue(out string? text) ? text : throw new UnreadableException(OtherType, name));

    private static List<JsonNode?>? Entries(JsonObject from, string name) => from[name] switch
    {
        null => null,
        JsonArray entries => [.. entries],
        _ => throw new UnreadableException(OtherType, name),
    };

    public static JsonObject Part(this JsonObject from, string name) => from.MaybePart(name) ?? throw new UnreadableException(Missing, name);

    public static JsonObject? MaybePart(this JsonObject from, string name) => from[name] switch
    {
        null => null,
        JsonObject part => part,
        _ => throw new UnreadableException(OtherType, name),
    };

    public static IReadOnlyList<JsonObject> Parts(this JsonObject from, string name) =>
        from.MaybeParts(name) is { Count: > 0 } parts ? parts : throw new UnreadableException(Missing, name);

    public static IReadOnlyList<JsonObject> MaybeParts(this JsonObject from, string name) => from[name] switch
    {
        null => [],
        JsonArray parts when parts.All(part => part is JsonObject) => [.. parts.Cast<JsonObject>()],
        _ => throw new UnreadableException(OtherType, name),
    };
}
