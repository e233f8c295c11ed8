using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Amps.Ocpp.Dialects.Ocpp2;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BootNotification))]
[JsonSerializable(typeof(StatusNotification))]
[JsonSerializable(typeof(TransactionEvent))]
[JsonSerializable(typeof(Authorize))]
[JsonSerializable(typeof(NotifyEvent))]
[JsonSerializable(typeof(NotifyReport))]
[JsonSerializable(typeof(NotifyChargingLimit))]
[JsonSerializable(typeof(ChainStatusRequest))]
[JsonSerializable(typeof(IdTokenAnswer))]
[JsonSerializable(typeof(CertificateAnswer))]
[JsonSerializable(typeof(CertificateStatuses))]
[JsonSerializable(typeof(VatNumber))]
[JsonSerializable(typeof(RequestStartTransaction))]
[JsonSerializable(typeof(RequestStopTransaction))]
[JsonSerializable(typeof(SetChargingProfile))]
[JsonSerializable(typeof(ClearChargingProfile))]
[JsonSerializable(typeof(GetCompositeSchedule))]
[JsonSerializable(typeof(CompositeAnswer))]
[JsonSerializable(typeof(GetChargingProfiles))]
[JsonSerializable(typeof(ReportChargingProfiles))]
[JsonSerializable(typeof(TriggerMessage))]
[JsonSerializable(typeof(GetBaseReport))]
[JsonSerializable(typeof(GetVariables))]
[JsonSerializable(typeof(GetVariablesAnswer))]
[JsonSerializable(typeof(SetVariables))]
[JsonSerializable(typeof(SetVariablesAnswer))]
internal sealed partial class Ocpp2Json : JsonSerializerContext
{
    /// <summary>A payload that has passed the shape check.</summary>
    public static T Read<T>(ReadOnlySpan<byte> payload, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(payload, type) ?? throw new JsonException("The payload must be an object.");

    /// <summary>An answer of a station; null when it cannot be read.</summary>
    public static T? TryRead<T>(ReadOnlySpan<byte> payload, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(payload, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static byte[] Write<T>(T payload, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(payload, type);
}
