using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>Charging profiles and what they amount to (use cases K01, K08 to K10, K28).</summary>
public sealed partial class SimulatedStation
{
    private DateTimeOffset? _lastLimitWrite;

    private JsonObject SetProfile(JsonObject call)
    {
        int evseId = call.Whole("evseId");
        JsonObject profile = (JsonObject)call.Part("chargingProfile").DeepClone();
        profile.Whole("id");
        if (!Model.Flag("SmartChargingCtrlr.Enabled"))
            return Words.Status("Rejected", "NotEnabled");
        if (_rules.Refuse(evseId, profile, Find(evseId)?.Transaction?.Id, Profiles.All) is { } refusal)
            return Words.Status("Rejected", refusal.ReasonCode, refusal.Info);
        if (!MayWrite(profile))
            return Words.Status("Rejected", "Unspecified", "too soon after the last one");
        Profiles.Set(new InstalledProfile(evseId, profile, Now, "CSO"));
        Save();
        After(() => SettleAll(Cause.Limit));
        return Words.Status("Accepted");
    }

    /// <summary>Whether a limit may be written now, as far as habits go.</summary>
    private bool MayWrite(JsonObject profile)
    {
        LimitHabits habits = Personality.Limits;
        if (habits.NoReplacement && Profiles.All.Any(known => known.Id == profile.Whole("id")))
            return false;
        if (habits.SecondsBetweenWrites <= 0 || profile.Text("chargingProfilePurpose") == "TxProfile")
            return true;
        bool tooSoon = _lastLimitWrite is { } last && (Now - last).TotalSeconds < habits.SecondsBetweenWrites;
        _lastLimitWrite = Now;
        return !tooSoon;
    }

    private JsonObject ClearProfile(JsonObject call)
    {
        JsonObject? criteria = call.MaybePart("chargingProfileCriteria");
        bool cleared = Profiles.Clear(
            call.MaybeWhole("chargingProfileId"), criteria?.MaybeWhole("evseId"), criteria?.MaybeText("chargingProfilePurpose"), criteria?.MaybeWhole("stackLevel"));
        Save();
        After(() => SettleAll(Cause.Limit));
        return cleared ? Words.Status("Accepted") : Words.Status("Unknown", "NotFound");
    }

    private JsonObject GetProfiles(JsonObject call)
    {
        int requestId = call.Whole("requestId");
        int? evseId = call.MaybeWhole("evseId");
        JsonObject wanted = call.Part("chargingProfile");
        IReadOnlyList<int>? ids = wanted.MaybeWholes("chargingProfileId");
        IReadOnlyList<string>? sources = wanted.MaybeTexts("chargingLimitSource");
        List<IGrouping<(int EvseId, string Source), InstalledProfile>> parts =
        [
            .. Profiles.All
                .Where(known => (evseId is null || known.EvseId == evseId) && (ids is null || ids.Contains(known.Id)) && (sources is null || sources.Contains(known.Source))
                    && (wanted.MaybeText("chargingProfilePurpose") is not { } purpose || known.Purpose == purpose)
                    && (wanted.MaybeWhole("stackLevel") is not { } level || known.StackLevel == level))
                .GroupBy(static known => (known.EvseId, known.Source)),
        ];
        if (parts.Count == 0)
            return Words.Status("NoProfiles");
        for (int i = 0; i < parts.Count; i++)
        {
            var report = new JsonObject
            {
                ["requestId"] = requestId,
                ["chargingLimitSource"] = parts[i].Key.Source,
                ["evseId"] = parts[i].Key.EvseId,
                ["tbc"] = i < parts.Count - 1,
                ["chargingProfile"] = new JsonArray([.. parts[i].Select(static known => known.Profile.DeepClone())]),
            };
            After(() => TellAsked("ReportChargingProfiles", report));
        }
        return Words.Status("Accepted");
    }

    private JsonObject CompositeSchedule(JsonObject call)
    {
        int evseId = call.Whole("evseId");
        int duration = call.Whole("duration");
        if (evseId != 0 && Find(evseId) is null)
            return Words.Status("Rejected", "UnknownEvse");
        bool watts = (call["chargingRateUnit"] is null ? "A" : call.Word("chargingRateUnit", "A", "W")) == "W";
        DateTimeOffset now = Now;
        DateTimeOffset? started = Find(evseId)?.Transaction?.Start;
        var periods = new JsonArray();
        double? before = null;
        foreach (DateTimeOffset time in Profiles.Turns(now, now.AddSeconds(duration), started).Prepend(now))
        {
            double limit = Math.Round(evseId == 0 ? StationLimit(time, watts) : EvseLimit(_evses[evseId - 1], time, watts), 1);
            if (limit.Equals(before))
                continue;
            before = limit;
            var period = new JsonObject { ["startPeriod"] = (int)(time - now).TotalSeconds, ["limit"] = limit };
            if (evseId > 0)
                period["numberPhases"] = PhasesOf(_evses[evseId - 1], time);
            periods.Add((JsonNode)period);
        }
        JsonObject answer = Words.Status("Accepted");
        answer["schedule"] = new JsonObject
        {
            ["evseId"] = evseId,
            ["duration"] = duration,
            ["scheduleStart"] = Words.Time(now),
            ["chargingRateUnit"] = watts ? "W" : "A",
            ["chargingSchedulePeriod"] = periods,
        };
        return answer;
    }

    private static int PhasesOf(Evse evse, DateTimeOffset time) => Math.Min(evse.LimitAt(time).Phases ?? 3, evse.Path.Options.Phases);

    private static double EvseLimit(Evse evse, DateTimeOffset time, bool watts) =>
        evse.LimitAt(time).Amperes * (watts ? evse.Path.Options.Voltage * PhasesOf(evse, time) : 1);

    private double StationLimit(DateTimeOffset time, bool watts)
    {
        ConnectorOptions hardware = _evses[0].Path.Options;
        double station = Profiles.StationLimitAt(time, hardware).Amperes * (watts ? hardware.Voltage * hardware.Phases : 1);
        return Math.Min(station, _evses.Sum(evse => EvseLimit(evse, time, watts)));
    }

    private JsonObject UpdateDynamic(JsonObject call)
    {
        int id = call.Whole("chargingProfileId");
        JsonObject update = call.Part("scheduleUpdate");
        if (Profiles.All.FirstOrDefault(known => known.Id == id && known.Kind == "Dynamic") is not { } known)
            return Words.Status("Rejected", "NotFound");
        if (update.MaybeNumber("limit") is not { } limit)
            return Words.Status("Rejected", "UnsupportedParam", "limit only");
        var profile = (JsonObject)known.Profile.DeepClone();
        profile.Parts("chargingSchedule")[0].Parts("chargingSchedulePeriod")[0]["limit"] = limit;
        profile["dynUpdateTime"] = Words.Time(Now);
        Profiles.Set(known with { Profile = profile, InstalledAt = Now });
        Save();
        After(() => SettleAll(Cause.Limit));
        return Words.Status("Accepted");
    }
}
