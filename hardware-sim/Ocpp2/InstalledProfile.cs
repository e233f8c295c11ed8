using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>A charging profile that a station holds, and the EVSE it was set on; 0 = the station.</summary>
/// <param name="EvseId">0 or an EVSE.</param>
/// <param name="Profile">As it was sent.</param>
/// <param name="InstalledAt">A relative schedule outside a transaction, and a dynamic one, start here.</param>
/// <param name="Source">Who set it: <c>CSO</c>, <c>EMS</c>.</param>
internal sealed record InstalledProfile(int EvseId, JsonObject Profile, DateTimeOffset InstalledAt, string Source)
{
    public int Id => Profile.Whole("id");

    public int StackLevel => Profile.Whole("stackLevel");

    public string Purpose => Profile.Text("chargingProfilePurpose");

    public string Kind => Profile.Text("chargingProfileKind");

    public string? TransactionId => Profile.MaybeText("transactionId");

    private JsonObject Schedule => Profile.Parts("chargingSchedule")[0];

    /// <summary>What it allows at a time; null = it says nothing then.</summary>
    public Limit? At(DateTimeOffset time, DateTimeOffset? transactionStart, ConnectorOptions hardware)
    {
        if (Profile.MaybeTime("validFrom") > time || Profile.MaybeTime("validTo") <= time || Begin(time, transactionStart) is not { } begin || time < begin)
            return null;
        double elapsed = (time - begin).TotalSeconds;
        if (elapsed >= Schedule.MaybeWhole("duration"))
            return null;
        JsonObject? now = Schedule.Parts("chargingSchedulePeriod").LastOrDefault(period => period.Whole("startPeriod") <= elapsed);
        if (now is null)
            return null;
        int? phases = now.MaybeWhole("numberPhases");
        double limit = now.Number("limit");
        if (Schedule.Text("chargingRateUnit") == "W")
            limit /= hardware.Voltage * Math.Min(phases ?? hardware.Phases, hardware.Phases);
        return new Limit(limit, phases);
    }

    /// <summary>The times from now on at which it may say something else than before.</summary>
    public IEnumerable<DateTimeOffset> Turns(DateTimeOffset now, DateTimeOffset until, DateTimeOffset? transactionStart)
    {
        if (Profile.MaybeTime("validFrom") is { } from)
            yield return from;
        if (Profile.MaybeTime("validTo") is { } to)
            yield return to;
        TimeSpan every = Recurrence;
        DateTimeOffset? first = Begin(now, transactionStart);
        for (DateTimeOffset? begin = first; begin <= until; begin += every)
        {
            foreach (JsonObject period in Schedule.Parts("chargingSchedulePeriod"))
                yield return begin.Value.AddSeconds(period.Whole("startPeriod"));
            if (Schedule.MaybeWhole("duration") is { } duration)
                yield return begin.Value.AddSeconds(duration);
            if (Kind != "Recurring")
                break;
        }
    }

    private TimeSpan Recurrence => TimeSpan.FromDays(Profile.MaybeText("recurrencyKind") == "Weekly" ? 7 : 1);

    private DateTimeOffset? Begin(DateTimeOffset time, DateTimeOffset? transactionStart)
    {
        DateTimeOffset? start = Schedule.MaybeTime("startSchedule");
        return Kind switch
        {
            "Absolute" => start,
            "Recurring" when start < time => start + (Recurrence * Math.Floor((time - start.Value) / Recurrence)),
            "Recurring" => start,
            "Dynamic" => InstalledAt,
            _ => transactionStart ?? InstalledAt,
        };
    }

    public JsonObject Save() => new()
    {
        ["evseId"] = EvseId,
        ["installedAt"] = Words.Time(InstalledAt),
        ["source"] = Source,
        ["profile"] = Profile.DeepClone(),
    };

    public static InstalledProfile Load(JsonObject saved) =>
        new(saved.Whole("evseId"), (JsonObject)saved.Part("profile").DeepClone(), saved.MaybeTime("installedAt")!.Value, saved.Text("source"));
}
