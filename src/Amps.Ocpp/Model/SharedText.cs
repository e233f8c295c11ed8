using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Amps.Ocpp.Model;

/// <summary>
/// One string for equal short words that thousands of charge points share: names of vendors and nodes, statuses, addresses. Words
/// come from outside, so the table starts anew when it is full; who holds a word keeps it.
/// </summary>
public static class SharedText
{
    private const int MaxLength = 64;
    private const int MaxWords = 4096;
    private static readonly ConcurrentDictionary<string, string> s_words = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> s_spans = s_words.GetAlternateLookup<ReadOnlySpan<char>>();
    private static int s_count;

    /// <summary>The string of these characters.</summary>
    public static string Of(ReadOnlySpan<char> text)
    {
        if (s_spans.TryGetValue(text, out string? known))
            return known;
        string fresh = text.ToString();
        return text.Length > MaxLength ? fresh : Add(fresh);
    }

    /// <summary>The string equal to this one; null for null.</summary>
    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(text))]
    public static string? Of(string? text) => text is null or { Length: > MaxLength } ? text : s_words.TryGetValue(text, out string? known) ? known : Add(text);

    private static string Add(string text)
    {
        // The table's own count takes all its locks.
        if (Interlocked.Increment(ref s_count) > MaxWords)
        {
            s_words.Clear();
            Interlocked.Exchange(ref s_count, 1);
        }
        return s_words.GetOrAdd(text, text);
    }
}

/// <summary>Reads a property whose words many objects share.</summary>
internal sealed class SharedTextConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => SharedText.Of(reader.GetString());

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
