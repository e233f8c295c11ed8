using System.Text;
using System.Text.Json;
using Amps.Ocpp.Actions;
using Amps.Ocpp.Api;
using Amps.Ocpp.Http;

namespace Amps.Ocpp.Tests.Api;

/// <summary>The time rules of a push (canonical API, section 5, "Time").</summary>
public sealed class PushClockTests
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 20, 10, 0, 0, TimeSpan.Zero);

    private static string? Reason(ApiProblem problem)
    {
        if (problem.Details is null)
            return null;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            problem.Details(json);
            json.WriteEndObject();
        }
        return JsonDocument.Parse(Encoding.UTF8.GetString(buffer.ToArray())).RootElement.GetProperty("reason").GetString();
    }

    [Theory]
    [InlineData("2026-03-20T12:00:00", "Europe/Berlin", "2026-03-20T11:00:00Z")]
    [InlineData("2026-03-20T12:00:00", null, "2026-03-20T12:00:00Z")]
    [InlineData("2026-03-29T03:00:00", "Europe/Berlin", "2026-03-29T01:00:00Z")]
    [InlineData("30m", "Europe/Berlin", "2026-03-20T10:30:00Z")]
    [InlineData("1.5h", null, "2026-03-20T11:30:00Z")]
    [InlineData("0.25m", null, "2026-03-20T10:00:15Z")]
    public void A_start_is_read_in_the_chargers_own_zone(string start, string? zone, string expected)
    {
        (PushTimes times, ApiProblem? problem) = PushClock.Read(start, null, zone, s_now);
        Assert.Null(problem);
        Assert.Equal(DateTimeOffset.Parse(expected), times.Start);
        Assert.Null(times.End);
    }

    [Fact]
    public void An_ambiguous_local_time_means_its_first_occurrence()
    {
        var october = new DateTimeOffset(2026, 10, 20, 0, 0, 0, TimeSpan.Zero);
        (PushTimes times, _) = PushClock.Read("2026-10-25T02:30:00", null, "Europe/Berlin", october);
        Assert.Equal(DateTimeOffset.Parse("2026-10-25T00:30:00Z"), times.Start);
    }

    [Theory]
    [InlineData(null, "2026-03-20T12:00:00", "INVALID_TIME_WINDOW", "end_without_start")]
    [InlineData("2026-03-20T12:00:00", "2026-03-20T12:00:00", "INVALID_TIME_WINDOW", "end_not_after_start")]
    [InlineData("2026-03-20T12:00:00", "2026-03-20T11:00:00", "INVALID_TIME_WINDOW", "end_not_after_start")]
    [InlineData("noon", null, "INVALID_TIME_WINDOW", "unparseable_start")]
    [InlineData("2026-02-30T12:00:00", null, "INVALID_TIME_WINDOW", "unparseable_start")]
    [InlineData("2026-03-20 12:00:00", null, "INVALID_TIME_WINDOW", "unparseable_start")]
    [InlineData("30s", null, "INVALID_TIME_WINDOW", "unparseable_start")]
    [InlineData("1.555h", null, "INVALID_TIME_WINDOW", "unparseable_start")]
    [InlineData("-30m", null, "INVALID_TIME_WINDOW", "unparseable_start")]
    [InlineData("2026-03-20T12:00:00", "30m", "INVALID_TIME_WINDOW", "unparseable_end")]
    [InlineData("2026-03-20T12:00:00Z", null, "INVALID_TIME_WINDOW", "offset_not_allowed")]
    [InlineData("2026-03-20T12:00:00+01:00", null, "INVALID_TIME_WINDOW", "offset_not_allowed")]
    [InlineData("2026-03-29T02:30:00", null, "INVALID_TIME_WINDOW", "nonexistent_local_time")]
    [InlineData("2026-03-20T10:59:59", null, "START_IN_PAST", null)]
    [InlineData("2026-04-20T00:00:00", null, "START_OUT_OF_RANGE", null)]
    [InlineData("721h", null, "START_OUT_OF_RANGE", null)]
    public void Whatever_is_wrong_with_a_time_is_named(string? start, string? end, string code, string? reason)
    {
        (_, ApiProblem? problem) = PushClock.Read(start, end, "Europe/Berlin", s_now);
        Assert.Equal(code, problem?.Code);
        Assert.Equal(422, problem?.Status);
        Assert.Equal(reason, Reason(problem!));
    }
}
