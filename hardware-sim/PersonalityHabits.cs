namespace Amps.HardwareSim;

/// <summary>How it connects.</summary>
public sealed record LinkHabits
{
    /// <summary>Offered in this order; empty = none, null = that of its version.</summary>
    public IReadOnlyList<string>? Subprotocols { get; init; }

    /// <summary>Follows the configured address; <c>{id}</c> stands for the identity, percent-encoded.</summary>
    public string Path { get; init; } = "/{id}";

    /// <summary>The identity it uses; <c>{id}</c> stands for the configured one.</summary>
    public string Identity { get; init; } = "{id}";

    /// <summary>Upper case for the identity in the address.</summary>
    public bool ShoutsIdentity { get; init; }

    public string? Origin { get; init; }

    /// <summary>Connects once before, says nothing and goes.</summary>
    public bool Probes { get; init; }

    /// <summary>Loses the link once, so many seconds after its boot.</summary>
    public double? LosesOnceAfterSeconds { get; init; }

    /// <summary>Comes back so long after a loss.</summary>
    public double? ReconnectsAfterSeconds { get; init; }

    /// <summary>Does not close the link that it gives up.</summary>
    public bool LeavesOldOpen { get; init; }
}

/// <summary>When it sends BootNotification.</summary>
public sealed record BootHabits
{
    /// <summary>Only when asked by TriggerMessage.</summary>
    public bool OnlyWhenTriggered { get; init; }

    /// <summary>Not even then.</summary>
    public bool Never { get; init; }

    /// <summary>On every link, not only after a reboot.</summary>
    public bool OnEveryLink { get; init; }

    public int DelayMs { get; init; }

    /// <summary>Tells its statuses first.</summary>
    public bool StatusesFirst { get; init; }

    /// <summary>Hangs up when it is called before its boot is answered.</summary>
    public bool HangsUpWhenCalledBefore { get; init; }

    /// <summary>Tells no status by itself after boot and reconnect.</summary>
    public bool WithoutStatuses { get; init; }
}

/// <summary>What it makes of limits.</summary>
public sealed record LimitHabits
{
    /// <summary>A limit of zero ends the running transaction.</summary>
    public bool ZeroEndsTransaction { get; init; }

    /// <summary>A limit of zero is taken and changes nothing.</summary>
    public bool ZeroIsIgnored { get; init; }

    /// <summary>Currents it can signal, A; the next lower one counts. Empty = any.</summary>
    public IReadOnlyList<double> Steps { get; init; } = [];

    /// <summary>Forgets all profiles when energy flows again after a suspension.</summary>
    public bool ForgottenOnResume { get; init; }

    public bool LostAtReboot { get; init; }

    public bool LostAtTransactionEnd { get; init; }

    /// <summary>A refused write must keep this distance to the last one, seconds.</summary>
    public double SecondsBetweenWrites { get; init; }

    /// <summary>A profile cannot be replaced before it was cleared.</summary>
    public bool NoReplacement { get; init; }

    /// <summary>Profiles it holds from the start.</summary>
    public IReadOnlyList<System.Text.Json.Nodes.JsonObject> Installed { get; init; } = [];
}

/// <summary>What its transactions are like.</summary>
public sealed record TransactionHabits
{
    /// <summary>Starts by itself when a vehicle is plugged in, with this id tag.</summary>
    public string? StartsAtPlugIn { get; init; }

    /// <summary>Asks Authorize before it obeys a remote start.</summary>
    public bool AuthorizesRemoteStart { get; init; }

    /// <summary>Tells meter values of a transaction that has ended.</summary>
    public bool MeterValuesAfterStop { get; init; }

    /// <summary>The vehicle does not draw any more after a suspension or a stop.</summary>
    public bool VehicleStaysAsleep { get; init; }

    /// <summary>Reboots once, so many seconds into its first transaction.</summary>
    public double? RebootsAfterSeconds { get; init; }

    /// <summary>Messages of transactions long past, told again after boot.</summary>
    public bool ReplaysOldStops { get; init; }

    /// <summary>Of 2.0.1 and 2.1: tells the end of a transaction before its last update.</summary>
    public bool EndsBeforeLastUpdate { get; init; }

    /// <summary>The vehicle uses so many phases.</summary>
    public int? VehiclePhases { get; init; }
}

/// <summary>What it measures and tells of it.</summary>
public sealed record MeterHabits
{
    /// <summary>All it can tell; others are refused. Empty = all.</summary>
    public IReadOnlyList<string> Measurands { get; init; } = [];

    /// <summary>How many it takes in one list; 0 = any number.</summary>
    public int MostMeasurands { get; init; }

    /// <summary>Told for each phase only, without a total.</summary>
    public IReadOnlyList<string> PerPhase { get; init; } = [];

    /// <summary>Units by measurand: kW, kWh, mA; none for an empty text.</summary>
    public IReadOnlyDictionary<string, string> Units { get; init; } = new Dictionary<string, string>();

    /// <summary>Import is counted as negative.</summary>
    public bool Negative { get; init; }

    /// <summary>How numbers are written; <c>{value}</c> is the usual one.</summary>
    public string Number { get; init; } = "{value}";

    /// <summary>A comma for the point.</summary>
    public bool DecimalComma { get; init; }

    /// <summary>Samples that are told besides the measured ones, as in the message.</summary>
    public IReadOnlyList<System.Text.Json.Nodes.JsonObject> Extra { get; init; } = [];

    /// <summary>Tells nothing outside transactions.</summary>
    public bool OnlyInTransactions { get; init; }

    /// <summary>Tells the newest measurement first and an old one after it.</summary>
    public bool Unordered { get; init; }

    /// <summary>The energy register starts at 0 with each transaction.</summary>
    public bool RegisterPerTransaction { get; init; }

    /// <summary>Goes on telling the power that flowed before the stop.</summary>
    public bool StaleAfterStop { get; init; }
}

/// <summary>How its frames look.</summary>
public sealed record WireHabits
{
    public TimeStyle Times { get; init; }

    /// <summary>Its clock minus the right time, seconds.</summary>
    public double ClockOffsetSeconds { get; init; }

    public MessageIdStyle MessageIds { get; init; }

    /// <summary>Fields the standard does not know, in every message.</summary>
    public bool ExtraFields { get; init; }

    /// <summary>Sends each call twice, with the same unique id.</summary>
    public bool RepeatsCalls { get; init; }

    /// <summary>Does not wait for an answer before its next call.</summary>
    public bool CallsAtOnce { get; init; }

    /// <summary>Something that is no message goes before each call.</summary>
    public string? Noise { get; init; }
}

public enum TimeStyle
{
    Utc,

    /// <summary>No zone at all.</summary>
    NoZone,

    /// <summary>An offset of two digits: <c>+02</c>.</summary>
    ShortOffset,

    /// <summary>Nine digits of a second, and an offset.</summary>
    Nanoseconds,

    /// <summary>A blank for the T.</summary>
    Blank,

    /// <summary>A clock that was never set.</summary>
    Year1970,
}

public enum MessageIdStyle
{
    Unique,

    /// <summary>1, 2, 3 … from the start on each link.</summary>
    Tiny,

    /// <summary>Longer than the 36 characters of the standard.</summary>
    Long,
}
