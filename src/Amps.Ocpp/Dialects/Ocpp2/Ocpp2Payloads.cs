using System.Text.Json;
using System.Text.Json.Serialization;
using Amps.Ocpp.Dialects.Metering;

namespace Amps.Ocpp.Dialects.Ocpp2;

// Payloads of OCPP 2.x as far as this service reads or writes them; names and shapes are the standard's (part 2, sections 1 and 2).
// Times stay text until ChargerTime reads them, since charge points write them in many ways.

internal sealed record BootNotification(ChargingStation ChargingStation, string Reason);

internal sealed record ChargingStation(string VendorName, string Model, string? SerialNumber, string? FirmwareVersion);

internal sealed record StatusNotification(string Timestamp, string ConnectorStatus, int EvseId, int ConnectorId);

internal sealed record Evse(int Id, int? ConnectorId);

internal sealed record IdToken([property: JsonPropertyName("idToken")] string Token, string Type);

internal sealed record Authorize(IdToken IdToken);

internal sealed record TransactionEvent
{
    public required string EventType { get; init; }

    public required string Timestamp { get; init; }

    public required string TriggerReason { get; init; }

    public required int SeqNo { get; init; }

    public required TransactionInfo TransactionInfo { get; init; }

    public bool? Offline { get; init; }

    public Evse? Evse { get; init; }

    public IdToken? IdToken { get; init; }

    [JsonConverter(typeof(MeterValuesConverter))]
    public MeterValue[]? MeterValue { get; init; }
}

internal sealed record TransactionInfo(string TransactionId, string? ChargingState, string? StoppedReason, int? RemoteStartId);

internal sealed record NotifyEvent(EventData[] EventData);

internal sealed record EventData(Component Component, Variable Variable, string? ActualValue);

internal sealed record NotifyReport(int RequestId, bool? Tbc, ReportData[]? ReportData);

internal sealed record ReportData(Component Component, Variable Variable, VariableAttribute[]? VariableAttribute, VariableCharacteristics? VariableCharacteristics);

internal sealed record VariableAttribute(string? Type, string? Value);

internal sealed record VariableCharacteristics(string? Unit, double? MaxLimit);

internal sealed record Component(string Name, string? Instance = null, Evse? Evse = null);

internal sealed record Variable(string Name, string? Instance = null);

internal sealed record IdTokenInfo(string Status, IdToken? GroupIdToken);

/// <summary>The answer to Authorize, and to a TransactionEvent that carries an id token.</summary>
internal sealed record IdTokenAnswer(IdTokenInfo IdTokenInfo);

internal sealed record CertificateAnswer(string Status, string ExiResponse);

internal sealed record CertificateStatuses(CertificateStatusEntry[] CertificateStatus);

internal sealed record CertificateStatusEntry(JsonElement CertificateHashData, string Source, string Status, string NextUpdate);

internal sealed record ChainStatusRequest(StatusRequestInfo[] CertificateStatusRequests);

internal sealed record StatusRequestInfo(JsonElement CertificateHashData, string Source);

internal sealed record VatNumber(string Status, [property: JsonPropertyName("vatNumber")] string Number);

/// <summary>Meter values by the reader that both generations share.</summary>
internal sealed class MeterValuesConverter : JsonConverter<MeterValue[]>
{
    public override MeterValue[]? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        MeterValuesReader.ReadList(ref reader);

    public override void Write(Utf8JsonWriter writer, MeterValue[] value, JsonSerializerOptions options) => throw new NotSupportedException();
}

internal sealed record NotifyChargingLimit(ChargingLimit ChargingLimit, int? EvseId);

internal sealed record ChargingLimit(string ChargingLimitSource);
