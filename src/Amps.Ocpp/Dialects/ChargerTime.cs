using System.Globalization;

namespace Amps.Ocpp.Dialects;

/// <summary>
/// Times as charge points write them (quirk Q27, faults P6): any offset or none (then UTC), any number of fraction digits, a blank
/// for the <c>T</c>, a leap second. What this service writes is always <c>yyyy-MM-ddTHH:mm:ssZ</c>.
/// </summary>
internal static class ChargerTime
{
    private const string WireFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString(WireFormat, CultureInfo.InvariantCulture);

    /// <summary>The time in UTC, or null when it cannot be understood.</summary>
    public static DateTimeOffset? Read(string? text)
    {
        if (text is null)
            return null;
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        if (trimmed.Length is < 10 or > 40)
            return null;
        if (TryParse(trimmed, out DateTimeOffset time))
            return time;
        // A leap second is the last one of its minute, as far as anyone here can tell.
        int leap = trimmed.IndexOf(":60");
        if (leap > 0 && TryParse(string.Concat(trimmed[..leap], ":59", trimmed[(leap + 3)..]), out time))
            return time;
        // Offsets of two digits, e.g. +02.
        if (trimmed.Length > 3 && trimmed[^3] is '+' or '-' && TryParse(string.Concat(trimmed, ":00"), out time))
            return time;
        return null;
    }

    private static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset time)
    {
        // More than seven digits of a second are more than the framework takes.
        int dot = text.IndexOf('.');
        if (dot > 0)
        {
            int end = dot + 1;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
                end++;
            if (end - dot > 8)
                text = string.Concat(text[..(dot + 8)], text[end..]);
        }
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
    }
}
