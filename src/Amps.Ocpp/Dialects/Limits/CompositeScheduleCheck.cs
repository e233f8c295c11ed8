using System.Text.Json;

namespace Amps.Ocpp.Dialects.Limits;

/// <summary>Whether what a charge point computes as its schedule can be at all; no schema says that (faults P27).</summary>
internal static class CompositeScheduleCheck
{
    // No charger has as much, whatever unit it means.
    private const double HighestLimit = 10_000_000;

    /// <summary>Whether a limit can be one, A or W.</summary>
    public static bool IsPossible(double limit) => limit is >= 0 and <= HighestLimit;

    /// <summary>Looks at the answer to GetCompositeSchedule of any version, which has the shape of its action.</summary>
    /// <returns>Where it is impossible and why; null when it is not.</returns>
    public static (string Path, string Message)? Judge(ReadOnlyMemory<byte> answer)
    {
        using var document = JsonDocument.Parse(answer);
        foreach (string name in new[] { "chargingSchedule", "schedule" })
        {
            if (document.RootElement.TryGetProperty(name, out JsonElement schedule) && schedule.ValueKind == JsonValueKind.Object)
                return Judge(schedule, "/" + name);
        }
        return null;
    }

    private static (string, string)? Judge(JsonElement schedule, string path)
    {
        if (Number(schedule, "duration") is < 0)
            return (path + "/duration", "a time that is not negative");
        if (!schedule.TryGetProperty("chargingSchedulePeriod", out JsonElement periods) || periods.ValueKind != JsonValueKind.Array)
            return null;
        double before = -1;
        int index = 0;
        foreach (JsonElement period in periods.EnumerateArray())
        {
            string at = $"{path}/chargingSchedulePeriod/{index++}";
            if (Number(period, "limit") is { } limit && !IsPossible(limit))
                return (at + "/limit", "a limit that a charger can have");
            if (Number(period, "startPeriod") is { } start)
            {
                if (start <= before)
                    return (at + "/startPeriod", "a time after that of the period before it");
                before = start;
            }
            if (Number(period, "numberPhases") is < 1 or > 3)
                return (at + "/numberPhases", "1 to 3");
        }
        return null;
    }

    private static double? Number(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetDouble(out double number) ? number : null;
}
