using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>The charging profiles of a station: installed, cleared, and combined into the limit in force (2.0.1 section K, 3.3).</summary>
internal sealed class ProfileStore
{
    private readonly List<InstalledProfile> _installed = [];

    public IReadOnlyList<InstalledProfile> All => _installed;

    /// <summary>Installs a lawful profile; one with the same id is replaced (K01.FR.05).</summary>
    public void Set(InstalledProfile profile)
    {
        _installed.RemoveAll(known => known.Id == profile.Id);
        _installed.Add(profile);
    }

    /// <summary>Clears what matches all that is given; false when nothing did.</summary>
    public bool Clear(int? id, int? evseId, string? purpose, int? stackLevel) => _installed.RemoveAll(known =>
        known.Source == "CSO" && (id is null || known.Id == id) && (evseId is null || known.EvseId == evseId)
        && (purpose is null || known.Purpose == purpose) && (stackLevel is null || known.StackLevel == stackLevel)) > 0;

    public void ForgetAll() => _installed.Clear();

    /// <summary>Profiles of a transaction end with it (K02.FR.05).</summary>
    public void ForgetTransaction(string transactionId) => _installed.RemoveAll(known => known.TransactionId == transactionId);

    /// <summary>What is allowed on an EVSE at a time.</summary>
    /// <param name="evseId">The EVSE.</param>
    /// <param name="transaction">Its running transaction.</param>
    /// <param name="time">The time asked about.</param>
    /// <param name="hardware">Voltage and phases, for limits in W.</param>
    /// <param name="sharers">How many EVSEs share what the station may draw.</param>
    public Limit LimitAt(int evseId, Transaction? transaction, DateTimeOffset time, ConnectorOptions hardware, int sharers)
    {
        Limit station = StationLimitAt(time, hardware);
        Limit? own = transaction is null ? null : Highest("TxProfile", evseId, time, transaction, hardware);
        own ??= Highest("TxDefaultProfile", evseId, time, transaction, hardware);
        return Limit.Lower(station with { Amperes = station.Amperes / Math.Max(1, sharers) }, own ?? Limit.None);
    }

    /// <summary>What the station as a whole may draw.</summary>
    public Limit StationLimitAt(DateTimeOffset time, ConnectorOptions hardware) => Limit.Lower(
        Highest("ChargingStationMaxProfile", 0, time, null, hardware) ?? Limit.None,
        Highest("ChargingStationExternalConstraints", 0, time, null, hardware) ?? Limit.None);

    /// <summary>The times between now and then at which the limit may change.</summary>
    public IReadOnlyList<DateTimeOffset> Turns(DateTimeOffset now, DateTimeOffset until, DateTimeOffset? transactionStart) =>
        [.. _installed.SelectMany(known => known.Turns(now, until, transactionStart)).Where(turn => turn > now && turn < until).Distinct().Order()];

    private Limit? Highest(string purpose, int evseId, DateTimeOffset time, Transaction? transaction, ConnectorOptions hardware) => _installed
        .Where(known => known.Purpose == purpose && (known.EvseId == 0 || known.EvseId == evseId) && (purpose != "TxProfile" || known.TransactionId == transaction?.Id))
        .OrderByDescending(known => known.StackLevel)
        .ThenByDescending(known => known.EvseId)
        .Select(known => known.At(time, transaction?.Start, hardware))
        .FirstOrDefault(limit => limit is not null);

    /// <summary>What survives a reboot: everything but profiles of transactions (K01.FR.27).</summary>
    public JsonArray Save() => new([.. _installed.Where(known => known.Purpose != "TxProfile").Select(known => (JsonNode)known.Save())]);

    public void Load(JsonArray saved)
    {
        _installed.Clear();
        _installed.AddRange(saved.OfType<JsonObject>().Select(InstalledProfile.Load));
    }
}
