using System.Globalization;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>
/// The charging profiles of a charge point (OCPP 1.6 section 3.13): installed, replaced, cleared, and combined into the limit in force.
/// </summary>
internal sealed class ChargingProfiles
{
    public const int MaxStackLevel = 8;
    private const int MaxInstalled = 20;

    private readonly List<Installed> _installed = [];

    /// <summary>A profile and the connector it was set on; 0 = all of them.</summary>
    private sealed record Installed(int ConnectorId, JsonObject Profile, DateTimeOffset InstalledAt)
    {
        public int Id => Profile["chargingProfileId"]!.GetValue<int>();

        public int StackLevel => Profile["stackLevel"]!.GetValue<int>();

        public string Purpose => Profile["chargingProfilePurpose"]!.GetValue<string>();

        public string Kind => Profile["chargingProfileKind"]!.GetValue<string>();

        public int? TransactionId => Profile["transactionId"]?.GetValue<int>();

        public JsonObject Schedule => Profile["chargingSchedule"]!.AsObject();
    }

    /// <summary>Installs a profile; false when the rules forbid it.</summary>
    public bool Set(int connectorId, JsonObject profile, int? runningTransaction, DateTimeOffset now)
    {
        var added = new Installed(connectorId, (JsonObject)profile.DeepClone(), now);
        bool lawful = added.StackLevel is >= 0 and <= MaxStackLevel && added.Purpose switch
        {
            "ChargePointMaxProfile" => connectorId == 0,
            "TxProfile" => connectorId > 0 && runningTransaction is not null && (added.TransactionId ?? runningTransaction) == runningTransaction,
            _ => true,
        };
        if (!lawful || (added.Kind == "Absolute" && added.Schedule["startSchedule"] is null))
            return false;
        if (added.Purpose == "TxProfile")
            added.Profile["transactionId"] = runningTransaction;
        _installed.RemoveAll(known => known.Id == added.Id
            || (known.Purpose == added.Purpose && known.StackLevel == added.StackLevel && known.ConnectorId == connectorId));
        if (_installed.Count >= MaxInstalled)
            return false;
        _installed.Add(added);
        return true;
    }

    /// <summary>Installs the profile that came with a remote start, for the transaction that starts now.</summary>
    public void SetForStart(int connectorId, JsonObject profile, DateTimeOffset now)
    {
        var added = new Installed(connectorId, (JsonObject)profile.DeepClone(), now);
        added.Profile.Remove("transactionId");
        _installed.RemoveAll(known => known.Id == added.Id || (known.Purpose == "TxProfile" && known.ConnectorId == connectorId));
        if (added.Purpose == "TxProfile")
            _installed.Add(added);
    }

    /// <summary>Clears what matches all that is given; false when nothing did.</summary>
    public bool Clear(int? id, int? connectorId, string? purpose, int? stackLevel) => _installed.RemoveAll(known =>
        (id is null || known.Id == id) && (connectorId is null || known.ConnectorId == connectorId)
        && (purpose is null || known.Purpose == purpose) && (stackLevel is null || known.StackLevel == stackLevel)) > 0;

    public bool Has(int id) => _installed.Exists(known => known.Id == id);

    public void ForgetAll() => _installed.Clear();

    /// <summary>Profiles of a transaction end with it.</summary>
    public void ForgetTransactions(int connectorId) => _installed.RemoveAll(known => known.Purpose == "TxProfile" && known.ConnectorId == connectorId);

    /// <summary>A per phase that the profiles allow on a connector now; infinite when none says anything.</summary>
    public double LimitOf(int connectorId, int? transactionId, DateTimeOffset? transactionStart, DateTimeOffset now, double voltage, int phases)
    {
        double limit = Highest("ChargePointMaxProfile", 0, null, null) ?? double.PositiveInfinity;
        double? own = transactionId is null ? null : Highest("TxProfile", connectorId, transactionId, transactionStart);
        own ??= Highest("TxDefaultProfile", connectorId, null, transactionStart) ?? Highest("TxDefaultProfile", 0, null, transactionStart);
        return Math.Min(limit, own ?? double.PositiveInfinity);

        double? Highest(string purpose, int connector, int? transaction, DateTimeOffset? start) => _installed
            .Where(known => known.Purpose == purpose && known.ConnectorId == connector && (transaction is null || known.TransactionId is null || known.TransactionId == transaction))
            .OrderByDescending(known => known.StackLevel)
            .Select(known => LimitAt(known, start, now, voltage, phases))
            .FirstOrDefault(value => value is not null);
    }

    private static double? LimitAt(Installed known, DateTimeOffset? transactionStart, DateTimeOffset now, double voltage, int phases)
    {
        if (Time(known.Profile["validFrom"]) > now || Time(known.Profile["validTo"]) < now)
            return null;
        DateTimeOffset? start = known.Kind switch
        {
            "Absolute" => Time(known.Schedule["startSchedule"]),
            "Recurring" => Recurred(Time(known.Schedule["startSchedule"]), known.Profile["recurrencyKind"]?.GetValue<string>(), now),
            _ => transactionStart ?? known.InstalledAt,
        };
        if (start is not { } begin || now < begin)
            return null;
        double elapsed = (now - begin).TotalSeconds;
        if (known.Schedule["duration"] is { } duration && elapsed >= duration.GetValue<int>())
            return null;
        double? limit = null;
        foreach (JsonNode? period in known.Schedule["chargingSchedulePeriod"]!.AsArray())
        {
            if (period!["startPeriod"]!.GetValue<double>() <= elapsed)
                limit = period["limit"]!.GetValue<double>();
        }
        return known.Schedule["chargingRateUnit"]!.GetValue<string>() == "W" ? limit / (voltage * phases) : limit;
    }

    private static DateTimeOffset? Recurred(DateTimeOffset? first, string? kind, DateTimeOffset now)
    {
        if (first is not { } start || now < start)
            return first;
        TimeSpan every = TimeSpan.FromDays(kind == "Weekly" ? 7 : 1);
        return start + (every * Math.Floor((now - start) / every));
    }

    private static DateTimeOffset? Time(JsonNode? node) =>
        node is null ? null : DateTimeOffset.Parse(node.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    /// <summary>What survives a reboot: everything but profiles of transactions.</summary>
    public JsonArray Save() => new([.. _installed.Where(known => known.Purpose != "TxProfile").Select(known => (JsonNode)new JsonObject
    {
        ["connectorId"] = known.ConnectorId,
        ["installedAt"] = known.InstalledAt.ToString("O", CultureInfo.InvariantCulture),
        ["profile"] = known.Profile.DeepClone(),
    })]);

    public void Load(JsonArray saved)
    {
        _installed.Clear();
        foreach (JsonNode? node in saved)
            _installed.Add(new Installed(node!["connectorId"]!.GetValue<int>(), (JsonObject)node["profile"]!.DeepClone(), Time(node["installedAt"])!.Value));
    }
}
