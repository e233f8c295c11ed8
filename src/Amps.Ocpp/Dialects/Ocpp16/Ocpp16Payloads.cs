using System.Text.Json.Serialization;

namespace Amps.Ocpp.Dialects.Ocpp16;

// Payloads of OCPP 1.6 as far as this service reads or writes them; names and shapes are the standard's (OCPP 1.6 section 6).
// Times stay text until ChargerTime reads them, since charge points write them in many ways.

internal sealed record BootNotification(
    string ChargePointVendor, string ChargePointModel, string? ChargePointSerialNumber, string? ChargeBoxSerialNumber, string? FirmwareVersion);

internal sealed record StatusNotification(int ConnectorId, string Status, string? ErrorCode, string? Timestamp = null);

internal sealed record StartTransactionPayload(int ConnectorId, string IdTag, double MeterStart, string Timestamp);

internal sealed record StopTransactionPayload(long TransactionId, double MeterStop, string Timestamp, string? Reason, string? IdTag);

internal sealed record Authorize(string IdTag);

internal sealed record ConfigurationAnswer(ConfigurationKey[]? ConfigurationKey);

/// <summary>A configuration key as a charge point tells it.</summary>
internal sealed record ConfigurationKey(string Key, [property: JsonPropertyName("readonly")] bool ReadOnly, string? Value);

internal sealed record CompositeAnswer(string? Status, ChargingSchedule? ChargingSchedule);

internal sealed record ChargingProfile
{
    public required int ChargingProfileId { get; init; }

    public int? TransactionId { get; init; }

    public required int StackLevel { get; init; }

    public required string ChargingProfilePurpose { get; init; }

    public required string ChargingProfileKind { get; init; }

    public required ChargingSchedule ChargingSchedule { get; init; }
}

internal sealed record ChargingSchedule
{
    public int? Duration { get; init; }

    [JsonConverter(typeof(WireTimeConverter))]
    public DateTimeOffset? StartSchedule { get; init; }

    public required string ChargingRateUnit { get; init; }

    public required ChargingSchedulePeriod[] ChargingSchedulePeriod { get; init; }
}

internal sealed record ChargingSchedulePeriod
{
    public int StartPeriod { get; init; }

    public double Limit { get; init; }

    public int? NumberPhases { get; init; }
}

internal sealed record RemoteStartTransaction(int ConnectorId, string IdTag, ChargingProfile? ChargingProfile);

internal sealed record RemoteStopTransaction(int TransactionId);

internal sealed record SetChargingProfile(int ConnectorId, [property: JsonPropertyName("csChargingProfiles")] ChargingProfile Profile);

internal sealed record ClearChargingProfile(int? Id, int? ConnectorId = null, string? ChargingProfilePurpose = null);

internal sealed record GetCompositeSchedule(int ConnectorId, int Duration, string ChargingRateUnit);

internal sealed record TriggerMessage(string RequestedMessage, int? ConnectorId);

internal sealed record GetConfiguration(string[] Key);

internal sealed record ChangeConfiguration(string Key, string Value);

internal sealed record IdTagInfo(string Status, string? ParentIdTag);

internal sealed record StartAnswer(long TransactionId, IdTagInfo IdTagInfo);

internal sealed record IdTagAnswer(IdTagInfo IdTagInfo);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BootNotification))]
[JsonSerializable(typeof(StatusNotification))]
[JsonSerializable(typeof(StartTransactionPayload))]
[JsonSerializable(typeof(StopTransactionPayload))]
[JsonSerializable(typeof(Authorize))]
[JsonSerializable(typeof(ConfigurationAnswer))]
[JsonSerializable(typeof(CompositeAnswer))]
[JsonSerializable(typeof(RemoteStartTransaction))]
[JsonSerializable(typeof(RemoteStopTransaction))]
[JsonSerializable(typeof(SetChargingProfile))]
[JsonSerializable(typeof(ClearChargingProfile))]
[JsonSerializable(typeof(GetCompositeSchedule))]
[JsonSerializable(typeof(TriggerMessage))]
[JsonSerializable(typeof(GetConfiguration))]
[JsonSerializable(typeof(ChangeConfiguration))]
[JsonSerializable(typeof(StartAnswer))]
[JsonSerializable(typeof(IdTagAnswer))]
internal sealed partial class Ocpp16Json : JsonSerializerContext;
