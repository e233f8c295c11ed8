using System.Globalization;
using System.Text.RegularExpressions;
using Amps.Ocpp.Actions;
using Amps.Ocpp.Http;
using Amps.Ocpp.Model;
using NodaTime;
using NodaTime.Text;
using NodaTime.TimeZones;

namespace Amps.Ocpp.Api;

/// <summary>
/// The time rules of a push (canonical API, section 5, "Time"): the charger's own wall clock or a relative start, in the device's IANA
/// time zone; a local time in a gap does not exist, an ambiguous one means its first occurrence.
/// </summary>
internal static partial class PushClock
{
    private static readonly TimeSpan Horizon = TimeSpan.FromDays(30);
    private static readonly LocalDateTimePattern s_local = LocalDateTimePattern.CreateWithInvariantCulture("uuuu'-'MM'-'dd'T'HH':'mm':'ss");
    private static readonly ZoneLocalMappingResolver s_firstOccurrence =
        Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ThrowWhenSkipped);

    /// <summary>The times in UTC, or what is wrong with them.</summary>
    public static (PushTimes Times, ApiProblem? Problem) Read(string? start, string? end, string? timeZone, DateTimeOffset now)
    {
        if (start is null)
            return end is null ? (default, null) : (default, Window("end_without_start", "A window needs a start."));
        DateTimeZone zone = timeZone is null ? DateTimeZone.Utc : DateTimeZoneProviders.Tzdb.GetZoneOrNull(timeZone) ?? DateTimeZone.Utc;
        (DateTimeOffset? from, ApiProblem? problem) = ReadStart(start, zone, now);
        if (problem is not null)
            return (default, problem);
        DateTimeOffset? to = null;
        if (end is not null)
        {
            (to, problem) = ReadLocal(end, zone, "unparseable_end");
            if (problem is not null)
                return (default, problem);
        }
        if (from < now)
            return (default, new ApiProblem(422, ErrorCodes.StartInPast, "The start is in the past."));
        if (from > now + Horizon)
            return (default, new ApiProblem(422, ErrorCodes.StartOutOfRange, "The start is more than 30 days ahead."));
        if (to <= from)
            return (default, Window("end_not_after_start", "The end must be after the start."));
        return (new PushTimes(from, to), null);
    }

    private static (DateTimeOffset? Time, ApiProblem? Problem) ReadStart(string text, DateTimeZone zone, DateTimeOffset now)
    {
        Match relative = Relative().Match(text);
        if (!relative.Success)
            return ReadLocal(text, zone, "unparseable_start");
        decimal number = decimal.Parse(relative.Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
        decimal seconds = number * (relative.Groups["unit"].ValueSpan is "h" ? 3600 : 60);
        if (seconds > (decimal)Horizon.TotalSeconds)
            return (null, new ApiProblem(422, ErrorCodes.StartOutOfRange, "The start is more than 30 days ahead."));
        return (now + TimeSpan.FromSeconds((double)seconds), null);
    }

    private static (DateTimeOffset? Time, ApiProblem? Problem) ReadLocal(string text, DateTimeZone zone, string unparseable)
    {
        if (Offset().IsMatch(text))
            return (null, Window("offset_not_allowed", "Times are the charger's own wall clock, without Z and without offset."));
        ParseResult<LocalDateTime> parsed = s_local.Parse(text);
        if (!parsed.Success)
            return (null, Window(unparseable, "A local time is YYYY-MM-DDTHH:MM:SS; a start may also be relative, e.g. 30m or 1.5h."));
        try
        {
            return (zone.ResolveLocal(parsed.Value, s_firstOccurrence).ToDateTimeOffset().ToUniversalTime(), null);
        }
        catch (SkippedTimeException)
        {
            return (null, Window("nonexistent_local_time", "This local time does not exist: the clock is put forward over it."));
        }
    }

    private static ApiProblem Window(string reason, string message) =>
        new(422, ErrorCodes.InvalidTimeWindow, message, json => json.WriteString("reason", reason));

    [GeneratedRegex(@"^(?<number>\d{1,6}(\.\d{1,2})?)(?<unit>[mh])$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Relative();

    [GeneratedRegex(@"T.*(Z|z|[+-]\d{2}(:?\d{2})?)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Offset();
}
