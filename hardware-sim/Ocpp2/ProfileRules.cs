using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>Which charging profiles a station takes (2.0.1 and 2.1, use case K01).</summary>
/// <param name="version"><c>2.0.1</c> or <c>2.1</c>.</param>
/// <param name="evses">How many EVSEs there are.</param>
/// <param name="phases">Of each.</param>
internal sealed class ProfileRules(string version, int evses, int phases)
{
    public const int MaxStackLevel = 8;
    public const int MaxPeriods = 24;
    public const int MaxInstalled = 20;

    private bool Is21 => version == "2.1";

    /// <summary>Why a profile is refused; null = it is lawful.</summary>
    /// <param name="evseId">Where it is to be set.</param>
    /// <param name="profile">The profile.</param>
    /// <param name="running">The transaction on that EVSE; null = none.</param>
    /// <param name="installed">What is installed already.</param>
    public Refusal? Refuse(int evseId, JsonObject profile, string? running, IReadOnlyList<InstalledProfile> installed)
    {
        if (evseId < 0 || evseId > evses)
            return new Refusal("UnknownEvse", $"there is no EVSE {evseId}");
        string purpose = profile.Text("chargingProfilePurpose");
        string? transactionId = profile.MaybeText("transactionId");
        Refusal? wrong = purpose switch
        {
            "ChargingStationMaxProfile" when evseId != 0 => new Refusal("InvalidProfile", "a station's limit is set on EVSE 0"),
            "ChargingStationMaxProfile" when profile.Text("chargingProfileKind") == "Relative" => new Refusal("InvalidProfile", "a station's limit is not relative"),
            "TxProfile" when evseId == 0 => new Refusal("InvalidProfile", "a transaction's profile needs its EVSE"),
            "TxProfile" when transactionId is null => new Refusal("MissingParam", "transactionId"),
            "TxProfile" when transactionId != running => new Refusal("TxNotFound", transactionId!),
            "ChargingStationMaxProfile" or "TxDefaultProfile" when transactionId is not null => new Refusal("InvalidProfile", "transactionId belongs to a TxProfile"),
            "ChargingStationMaxProfile" or "TxDefaultProfile" or "TxProfile" => null,
            _ => new Refusal("InvalidProfile", purpose),
        };
        return wrong ?? RefuseSchedule(profile) ?? RefuseBeside(evseId, profile, installed);
    }

    /// <summary>Why a profile that came with a remote start is refused (F01.FR.10 to 12); null = it is lawful.</summary>
    public Refusal? RefuseForStart(JsonObject profile) =>
        profile.Text("chargingProfilePurpose") != "TxProfile" ? new Refusal("InvalidProfile", "a start takes a TxProfile only")
        : profile.MaybeText("transactionId") is not null ? new Refusal("InvalidProfile", "there is no transaction yet")
        : RefuseSchedule(profile);

    private Refusal? RefuseSchedule(JsonObject profile)
    {
        string kind = profile.Word("chargingProfileKind", "Absolute", "Recurring", "Relative", "Dynamic");
        if (profile.Whole("stackLevel") is < 0 or > MaxStackLevel)
            return new Refusal("InvalidStackLevel", $"0 to {MaxStackLevel}");
        if (kind == "Dynamic" && !Is21)
            throw new UnreadableException("PropertyConstraintViolation", "chargingProfileKind");
        if (profile.MaybeWhole("maxOfflineDuration") is not null)
            return new Refusal("UnsupportedParam", "maxOfflineDuration");
        if (profile.Parts("chargingSchedule") is not [JsonObject schedule])
            return new Refusal("InvalidSchedule", "one schedule only");
        bool timed = schedule.MaybeTime("startSchedule") is not null;
        schedule.Word("chargingRateUnit", "A", "W");
        IReadOnlyList<JsonObject> periods = schedule.Parts("chargingSchedulePeriod");
        if (kind is "Absolute" or "Recurring" && !timed)
            return new Refusal("InvalidSchedule", "startSchedule is missing");
        if (kind is "Relative" or "Dynamic" && timed)
            return new Refusal("InvalidSchedule", $"{kind} with startSchedule");
        if (kind == "Recurring" && profile.MaybeText("recurrencyKind") is null)
            return new Refusal("InvalidSchedule", "recurrencyKind is missing");
        if (periods.Count > MaxPeriods || (kind == "Dynamic" && periods.Count > 1))
            return new Refusal("TooManyElements", "chargingSchedulePeriod");
        if (periods[0].Whole("startPeriod") != 0)
            return new Refusal("InvalidSchedule", "the first period starts at 0");
        int before = -1;
        foreach (JsonObject period in periods)
        {
            if (period.Whole("startPeriod") <= before)
                return new Refusal("InvalidSchedule", "periods are not in order");
            before = period.Whole("startPeriod");
            if (RefusePeriod(period) is { } wrong)
                return wrong;
        }
        return null;
    }

    private Refusal? RefusePeriod(JsonObject period)
    {
        if (period.MaybeText("operationMode") is not (null or "ChargingOnly"))
            return new Refusal("UnsupportedParam", "operationMode");
        if (period.MaybeNumber("limit") is not { } limit)
            return Is21 ? new Refusal("InvalidSchedule", "limit is missing") : throw new UnreadableException("OccurrenceConstraintViolation", "limit");
        if (limit < 0)
            return new Refusal("ValueTooLow", "limit");
        if (period.MaybeWhole("numberPhases") is < 1 or > 3)
            return new Refusal("ValueOutOfRange", "numberPhases");
        // There is no switch between phases (K01.FR.20).
        return period["phaseToUse"] is null ? null : new Refusal("UnsupportedParam", $"phaseToUse: {phases} phases, none can be chosen");
    }

    private static Refusal? RefuseBeside(int evseId, JsonObject profile, IReadOnlyList<InstalledProfile> installed)
    {
        int id = profile.Whole("id");
        if (installed.FirstOrDefault(known => known.Id == id) is { Source: not "CSO" })
            return new Refusal("DuplicateProfile", "the id belongs to a limit from outside");
        bool station = profile.Text("chargingProfilePurpose") == "TxDefaultProfile";
        InstalledProfile? rival = installed.FirstOrDefault(known => known.Id != id && known.Purpose == profile.Text("chargingProfilePurpose")
            && known.StackLevel == profile.Whole("stackLevel") && (known.EvseId == evseId || (station && (known.EvseId == 0 || evseId == 0)))
            && (known.Profile.MaybeTime("validFrom") ?? DateTimeOffset.MinValue) < (profile.MaybeTime("validTo") ?? DateTimeOffset.MaxValue)
            && (profile.MaybeTime("validFrom") ?? DateTimeOffset.MinValue) < (known.Profile.MaybeTime("validTo") ?? DateTimeOffset.MaxValue));
        // K01.FR.06, 39, 52 and 53.
        if (rival is not null)
            return new Refusal("DuplicateProfile", $"profile {rival.Id} has this purpose and stack level");
        return installed.Count >= MaxInstalled && installed.All(known => known.Id != id) ? new Refusal("OutOfStorage", $"{MaxInstalled} profiles are installed") : null;
    }
}
