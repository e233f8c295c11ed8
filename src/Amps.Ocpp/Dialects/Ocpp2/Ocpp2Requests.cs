using System.Text.Json.Serialization;

namespace Amps.Ocpp.Dialects.Ocpp2;

// What this service asks of a station, and the answers it reads.

internal sealed record ChargingProfile
{
    public required int Id { get; init; }

    public required int StackLevel { get; init; }

    public required string ChargingProfilePurpose { get; init; }

    public required string ChargingProfileKind { get; init; }

    public string? TransactionId { get; init; }

    public required ChargingSchedule[] ChargingSchedule { get; init; }
}

internal sealed record ChargingSchedule
{
    public required int Id { get; init; }

    [JsonConverter(typeof(WireTimeConverter))]
    public DateTimeOffset? StartSchedule { get; init; }

    public required string ChargingRateUnit { get; init; }

    public required ChargingSchedulePeriod[] ChargingSchedulePeriod { get; init; }
}

/// <summary>A period of a schedule; a station of 2.1 may leave the limit out.</summary>
internal sealed record ChargingSchedulePeriod(int StartPeriod, double? Limit, int? NumberPhases);

internal sealed record RequestStartTransaction(int EvseId, int RemoteStartId, IdToken IdToken, ChargingProfile? ChargingProfile);

internal sealed record RequestStopTransaction(string TransactionId);

internal sealed record SetChargingProfile(int EvseId, ChargingProfile ChargingProfile);

internal sealed record ClearChargingProfile(int? ChargingProfileId, ClearCriteria? ChargingProfileCriteria);

internal sealed record ClearCriteria(int? EvseId, string ChargingProfilePurpose);

internal sealed record GetCompositeSchedule(int Duration, int EvseId, string ChargingRateUnit);

internal sealed record CompositeAnswer(string? Status, CompositeSchedule? Schedule);

internal sealed record CompositeSchedule(string? ChargingRateUnit, ChargingSchedulePeriod[]? ChargingSchedulePeriod);

internal sealed record GetChargingProfiles(int RequestId, int? EvseId, ProfileCriterion ChargingProfile);

internal sealed record ProfileCriterion(int[]? ChargingProfileId = null, string? ChargingProfilePurpose = null, string[]? ChargingLimitSource = null);

/// <summary>A part of the answer to GetChargingProfiles; more follow while <paramref name="Tbc"/> is set.</summary>
internal sealed record ReportChargingProfiles(int RequestId, string ChargingLimitSource, int EvseId, ReportedProfile[] ChargingProfile, bool Tbc = false);

internal sealed record ReportedProfile(int Id, int StackLevel, string ChargingProfilePurpose, string? TransactionId, CompositeSchedule[]? ChargingSchedule);

internal sealed record TriggerMessage(string RequestedMessage, Evse? Evse);

internal sealed record GetBaseReport(int RequestId, string ReportBase);

internal sealed record GetVariables(GetVariableData[] GetVariableData);

internal sealed record GetVariableData(Component Component, Variable Variable, string? AttributeType = null);

internal sealed record GetVariablesAnswer(GetVariableResult[]? GetVariableResult);

internal sealed record GetVariableResult(string? AttributeStatus, Component? Component, Variable? Variable, string? AttributeType, string? AttributeValue);

internal sealed record SetVariables(SetVariableData[] SetVariableData);

internal sealed record SetVariableData(string AttributeValue, Component Component, Variable Variable);

internal sealed record SetVariablesAnswer(SetVariableResult[]? SetVariableResult);

internal sealed record SetVariableResult(string? AttributeStatus, StatusInfo? AttributeStatusInfo);
