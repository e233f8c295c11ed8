using System.Text.Json.Serialization;

namespace Amps.Ocpp.Model;

/// <summary>Canonical status of a charger (canonical API, section 4).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChargerStatus>))]
public enum ChargerStatus
{
    [JsonStringEnumMemberName("available")] Available,
    [JsonStringEnumMemberName("preparing")] Preparing,
    [JsonStringEnumMemberName("charging")] Charging,
    [JsonStringEnumMemberName("paused")] Paused,
    [JsonStringEnumMemberName("finishing")] Finishing,
    [JsonStringEnumMemberName("reserved")] Reserved,
    [JsonStringEnumMemberName("unavailable")] Unavailable,
    [JsonStringEnumMemberName("faulted")] Faulted,
}

/// <summary>
/// One charger at one moment, in canonical words: what is published to MQTT, what reads are served from and what is kept
/// as the last known state (charger behaviour, section 7). Immutable. Units: kW, A per phase, kWh; times UTC.
/// </summary>
public sealed record ChargerSnapshot
{
    public required string DeviceId { get; init; }

    public ChargerStatus Status { get; init; }

    /// <summary>A vehicle is plugged in.</summary>
    public bool IsConnected { get; init; }

    /// <summary>Energy is flowing.</summary>
    public bool IsCharging { get; init; }

    /// <summary>kW, measured; null when the charger never measured.</summary>
    public double? CurrentPower { get; init; }

    /// <summary>A per phase that the charger may draw now: the lower of its rating and the cap in force.</summary>
    public double? MaxCurrent { get; init; }

    /// <summary>kW, the charger's rated maximum; null when nobody told.</summary>
    public double? PowerRateLimit { get; init; }

    /// <summary>Our transaction id while a transaction runs.</summary>
    public string? TransactionId { get; init; }

    /// <summary>The session is held by this service: an <c>idle</c> was carried out and the vehicle has not left.</summary>
    public bool HeldByService { get; init; }

    /// <summary>The charger's own word for its status, in the standard's spelling; null before it told one.</summary>
    [JsonConverter(typeof(SharedTextConverter))]
    public string? ReportedStatus { get; init; }

    /// <summary>The charger's own error code when it is not <c>NoError</c>.</summary>
    [JsonConverter(typeof(SharedTextConverter))]
    public string? ErrorCode { get; init; }

    /// <summary>Import register, kWh.</summary>
    public double? EnergyRegister { get; init; }

    /// <summary>State of charge of the vehicle, percent.</summary>
    public double? StateOfCharge { get; init; }

    /// <summary>The cap last accepted by the charger, kW.</summary>
    public double? AppliedCap { get; init; }

    /// <summary>When the charger itself last told what is shown.</summary>
    public DateTimeOffset ObservedAt { get; init; }

    /// <summary>Node that holds or last held the charge point's socket.</summary>
    [JsonConverter(typeof(SharedTextConverter))]
    public string Node { get; init; } = "";

    /// <summary>Rises with every change of one charger, on whatever node: the higher one is the newer one.</summary>
    public long Sequence { get; init; }
}

/// <summary>Whether a charger's charge point is connected, as published (charger behaviour, section 7).</summary>
/// <param name="Online">A live link exists.</param>
/// <param name="Since">UTC of the last change.</param>
/// <param name="Node">The node that holds or last held it.</param>
/// <param name="Generation">Generation of the link this is about; a lower one than known is stale.</param>
public sealed record ChargerLink(bool Online, DateTimeOffset Since, [property: JsonConverter(typeof(SharedTextConverter))] string Node, long Generation);

/// <summary>Source-generated JSON of what travels over MQTT and rests in the store.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ChargerSnapshot))]
[JsonSerializable(typeof(ChargerLink))]
public sealed partial class SnapshotJson : JsonSerializerContext;
