namespace Amps.Ocpp.Mqtt;

/// <summary>Topic filters (MQTT 5 section 4.7).</summary>
internal static class TopicFilter
{
    /// <summary>Whether a topic matches a filter with <c>+</c> and <c>#</c>.</summary>
    public static bool Matches(ReadOnlySpan<char> filter, ReadOnlySpan<char> topic)
    {
        while (true)
        {
            int filterEnd = filter.IndexOf('/');
            int topicEnd = topic.IndexOf('/');
            ReadOnlySpan<char> wanted = filterEnd < 0 ? filter : filter[..filterEnd];
            ReadOnlySpan<char> level = topicEnd < 0 ? topic : topic[..topicEnd];
            if (wanted is "#")
                return true;
            if (wanted is not "+" && !wanted.SequenceEqual(level))
                return false;
            // A filter a/# also matches the topic a.
            if (filterEnd < 0 || topicEnd < 0)
                return (filterEnd < 0 && topicEnd < 0) || (topicEnd < 0 && filter[(filterEnd + 1)..] is "#");
            filter = filter[(filterEnd + 1)..];
            topic = topic[(topicEnd + 1)..];
        }
    }
}
