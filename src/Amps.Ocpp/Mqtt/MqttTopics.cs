using System.Text;

namespace Amps.Ocpp.Mqtt;

/// <summary>Names and filters of topics (MQTT 5, clause 4.7).</summary>
internal static class MqttTopics
{
    private const int MaxBytes = 65_535;

    public static void ThrowIfNotPublishable(string topic)
    {
        if (string.IsNullOrEmpty(topic) || topic.AsSpan().ContainsAny('+', '#', '\0') || IsTooLong(topic))
            throw new ArgumentException("A topic must have 1 to 65,535 bytes without '+', '#' and NUL.", nameof(topic));
    }

    public static void ThrowIfNotFilter(string filter)
    {
        if (string.IsNullOrEmpty(filter) || filter.Contains('\0') || IsTooLong(filter) || !WildcardsStandAlone(filter))
            throw new ArgumentException("A filter must have 1 to 65,535 bytes, '+' alone on its level and '#' alone on the last one.", nameof(filter));
        if (filter.StartsWith("$share/", StringComparison.Ordinal))
            throw new ArgumentException("Shared subscriptions are not supported.", nameof(filter));
    }

    public static bool HasWildcard(string filter) => filter.AsSpan().ContainsAny('+', '#');

    /// <summary>Both arguments well formed. Topics that begin with '$' are not matched by a leading wildcard.</summary>
    public static bool Matches(ReadOnlySpan<char> filter, ReadOnlySpan<char> topic)
    {
        if (topic is ['$', ..] && filter is ['+' or '#', ..])
            return false;
        while (true)
        {
            if (filter is "#")
                return true;
            var filterLevel = TakeLevel(ref filter, out var filterEnds);
            var topicLevel = TakeLevel(ref topic, out var topicEnds);
            if (filterLevel is not "+" && !filterLevel.SequenceEqual(topicLevel))
                return false;
            if (filterEnds || topicEnds)
                return filterEnds == topicEnds || (topicEnds && filter is "#");
        }
    }

    private static ReadOnlySpan<char> TakeLevel(ref ReadOnlySpan<char> text, out bool isLast)
    {
        var slash = text.IndexOf('/');
        isLast = slash < 0;
        var level = isLast ? text : text[..slash];
        text = isLast ? [] : text[(slash + 1)..];
        return level;
    }

    private static bool IsTooLong(string text) =>
        text.Length > MaxBytes / 3 && Encoding.UTF8.GetByteCount(text) > MaxBytes;

    private static bool WildcardsStandAlone(string filter)
    {
        var rest = filter.AsSpan();
        while (true)
        {
            var level = TakeLevel(ref rest, out var isLast);
            if (level.Length > 1 && level.ContainsAny('+', '#'))
                return false;
            if (isLast)
                return true;
            if (level is "#")
                return false;
        }
    }
}
