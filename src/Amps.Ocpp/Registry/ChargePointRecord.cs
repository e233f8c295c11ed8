using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Registry;

/// <summary>What the service answers to a charge point's boot (OCPP 1.6 section 4.2, RegistrationStatus).</summary>
public enum Admission
{
    Pending,
    Accepted,
    Rejected,
}

/// <summary>How <c>idle</c> is carried out (charger behaviour, section 4).</summary>
public enum IdleStrategy
{
    /// <summary>End the transaction by RemoteStopTransaction.</summary>
    RemoteStop,

    /// <summary>Keep the transaction and hold it at zero by a charging profile.</summary>
    Hold,
}

/// <summary>When a charge point tells its boot, where that is not by itself after a reboot.</summary>
public enum BootHabit
{
    /// <summary>Only when TriggerMessage asks for it.</summary>
    WhenTriggered,

    /// <summary>Not even then.</summary>
    Never,
}

/// <summary>Everything the registry keeps of one charge point; the operator's part and what the charge point told.</summary>
public sealed record ChargePointRecord
{
    public required ChargePointId Id { get; init; }

    /// <summary>Owner; null while nobody claimed it: such devices are visible to no app.</summary>
    public string? CustomerId { get; init; }

    /// <summary>End user of the owner, matched by <c>x-user-id</c>.</summary>
    public string? UserId { get; init; }

    public ApiEnvironment Environment { get; init; } = ApiEnvironment.Live;

    public Admission Admission { get; init; } = Admission.Pending;

    public DateTimeOffset CreatedAt { get; init; }

    public ChargePointConfiguration Configuration { get; init; } = new();

    /// <summary>Credential of security profiles 1 and 2; null = none set.</summary>
    public PasswordHash? Password { get; init; }

    /// <summary>Passwords sent to the charge point that it has not used yet; each is as good as <see cref="Password"/> (faults S16).</summary>
    public ImmutableArray<PasswordHash> NextPasswords { get; init; } = [];

    /// <summary>The last boot data; null before the first boot.</summary>
    public BootData? Boot { get; init; }

    public LearnedBehaviour Learned { get; init; } = new();

    /// <summary>By which a shared store knows whether another node changed the record meanwhile; 0 where no other node can.</summary>
    public long Version { get; init; }

    /// <summary>The chargers of this charge point, by connector id.</summary>
    public ImmutableArray<DeviceRecord> Devices { get; init; } = [];
}

/// <summary>One charger of the canonical API.</summary>
/// <param name="Id">Its canonical id.</param>
/// <param name="ConnectorId">Connector (1.6) or EVSE (2.x), ≥ 1.</param>
/// <param name="MaxChargeRate">The desired cap; null before the first write.</param>
public sealed record DeviceRecord(DeviceId Id, int ConnectorId, ChargeRateCap? MaxChargeRate = null);

/// <summary>The desired cap of one charger.</summary>
/// <param name="Kilowatts">≥ 0; 0 = no energy flows.</param>
/// <param name="WrittenAt">UTC time of the write that was acknowledged.</param>
public sealed record ChargeRateCap(double Kilowatts, DateTimeOffset WrittenAt);

/// <summary>What the operator fixed for a charge point; null = not fixed (operator surface, section 2).</summary>
public sealed record ChargePointConfiguration
{
    /// <summary>0–3 (OCPP security whitepaper); a charge point can never connect with less.</summary>
    public int? SecurityProfile { get; init; }

    /// <summary>The client certificates that stand for this charge point; null = one whose common name is its identity, empty = none.</summary>
    public ClientCertificates? ClientCertificates { get; init; }

    /// <summary>The one version this charge point is pinned to: <c>1.6</c>, <c>2.0.1</c>, <c>2.1</c>.</summary>
    public string? OcppVersion { get; init; }

    /// <summary>IANA time zone of the charger's own wall clock; null = UTC.</summary>
    public string? TimeZone { get; init; }

    [JsonConverter(typeof(SharedTextConverter))]
    public string? Vendor { get; init; }

    [JsonConverter(typeof(SharedTextConverter))]
    public string? Model { get; init; }

    /// <summary>Phases of the installation, 1 or 3; null = unknown, taken as 3 where a guess could break the cap.</summary>
    public int? Phases { get; init; }

    /// <summary>Phase-to-neutral voltage, V; null = 230.</summary>
    public double? NominalVoltage { get; init; }

    /// <summary>Rated maximum of each connector, kW.</summary>
    public double? RatedPowerKw { get; init; }

    public IdleStrategy? IdleStrategy { get; init; }

    public int? CallTimeoutSeconds { get; init; }

    /// <summary>Whether the caps of all connectors together are written for the charge point as a whole; null = as the service is set.</summary>
    public bool? StationMaxProfile { get; init; }

    /// <summary>Whether limits that other systems left are cleared (quirk Q74); null = as the service is set.</summary>
    public bool? ClearForeignProfiles { get; init; }

    /// <summary>How it behaves whatever it is seen to do; null = left to what is learned. What has a field of its own above is not in here.</summary>
    public LearnedBehaviour? Pinned { get; init; }
}

/// <summary>Client certificates by what tells them apart.</summary>
/// <param name="Thumbprints">SHA-256 of the certificate, or SHA-1, upper-case hexadecimal digits.</param>
/// <param name="Subjects">Whole subjects, e.g. <c>CN=A, O=B</c>.</param>
public sealed record ClientCertificates(string[] Thumbprints, string[] Subjects);

/// <summary>A charge point's credential as it is kept: SHA-256 over salt and password bytes, or a slow hash.</summary>
/// <param name="Scheme"><c>sha256</c> (generated, high-entropy) or <c>pbkdf2</c> (chosen by a person).</param>
/// <param name="Salt">16 random bytes.</param>
/// <param name="Hash">32 bytes.</param>
public sealed record PasswordHash(string Scheme, byte[] Salt, byte[] Hash);

/// <summary>What a charge point said of itself at boot, version-neutral.</summary>
public sealed record BootData(
    [property: JsonConverter(typeof(SharedTextConverter))] string? Vendor,
    [property: JsonConverter(typeof(SharedTextConverter))] string? Model,
    string? SerialNumber,
    [property: JsonConverter(typeof(SharedTextConverter))] string? FirmwareVersion,
    [property: JsonConverter(typeof(SharedTextConverter))] string OcppVersion,
    DateTimeOffset At);

/// <summary>What the service found out about a charge point by talking to it; reset when the firmware changes.</summary>
public sealed record LearnedBehaviour
{
    /// <summary>Connectors found, ≥ 1; null = not known yet.</summary>
    public int? ConnectorCount { get; init; }

    /// <summary>Unit that limits are accepted in: <c>A</c> or <c>W</c>.</summary>
    public string? RateUnit { get; init; }

    /// <summary>Stack level at which our profiles are accepted.</summary>
    public int? StackLevel { get; init; }

    /// <summary>Highest stack level the charge point says it allows.</summary>
    public int? MaxStackLevel { get; init; }

    /// <summary>Profile kind that is accepted: <c>Absolute</c> or <c>Relative</c>.</summary>
    public string? ProfileKind { get; init; }

    /// <summary>Whether it takes limits that are no transaction's own (quirk Q60).</summary>
    public bool? DefaultLimits { get; init; }

    /// <summary>Whether it takes limits of a running transaction (quirk Q60).</summary>
    public bool? TransactionLimits { get; init; }

    /// <summary>Whether the cap is set on connector 0 because the connector itself is refused.</summary>
    public bool? ProfileOnConnectorZero { get; init; }

    /// <summary>Whether only whole numbers are accepted as limits (quirk Q70).</summary>
    public bool? WholeAmperes { get; init; }

    /// <summary>Whether triggers with a connector id are answered; false = only without.</summary>
    public bool? TriggerWithConnector { get; init; }

    /// <summary>How <c>idle</c> works on this charge point, found by trying.</summary>
    public IdleStrategy? IdleStrategy { get; init; }

    /// <summary>It can charge on one phase of an installation of three when asked to.</summary>
    public bool? SwitchesPhases { get; init; }

    /// <summary>Whether it ends its transaction when held at zero (quirk Q51).</summary>
    public bool? EndsOnZeroLimit { get; init; }

    /// <summary>Whether a session that was stopped goes on only after the vehicle was unplugged (quirks Q47, Q48).</summary>
    public bool? NeedsUnplug { get; init; }

    /// <summary>The limit the charge point itself shows without any cap of ours, kW.</summary>
    public double? RatedPowerKw { get; init; }

    /// <summary>Phases of the installation, 1 or 3, as the charge point's own limits in A and in W show them.</summary>
    public int? Phases { get; init; }

    /// <summary>Measurands accepted for sampled meter values, comma-separated, in the standard's spelling.</summary>
    public string? SampledMeasurands { get; init; }

    /// <summary>The shortest interval between sampled meter values that it takes, s (quirk Q94).</summary>
    public int? SampleIntervalSeconds { get; init; }

    /// <summary>When it tells its boot where it does not do so by itself (quirk Q01).</summary>
    public BootHabit? BootNotification { get; init; }

    /// <summary>False = it does not know TriggerMessage (quirk Q36).</summary>
    public bool? TriggerMessage { get; init; }

    /// <summary>The limit that it accepted for all connectors together, kW; null = none of ours stands.</summary>
    public double? StationLimitKw { get; init; }

    /// <summary>What other systems left was cleared when the charge point was taken over (quirk Q74).</summary>
    public bool? ForeignLimitsCleared { get; init; }

    /// <summary>How long it is given to answer, s: it has been seen to answer later than calls are waited for (quirk Q07).</summary>
    public int? CallTimeoutSeconds { get; init; }

    /// <summary>Most plugs that one of its chargers has, of which one can be used at a time; null = not told.</summary>
    public int? PlugsPerCharger { get; init; }

    /// <summary>Whether it told all that it has when asked for it; false = it does not, null = not asked yet.</summary>
    public bool? InventoryRead { get; init; }

    /// <summary>When its transactions start, where it tells; null = with the authorisation or later, as the version has it.</summary>
    public TransactionStart? TransactionStarts { get; init; }

    /// <summary>When its transactions end, where it tells.</summary>
    public TransactionEnd? TransactionEnds { get; init; }
}
