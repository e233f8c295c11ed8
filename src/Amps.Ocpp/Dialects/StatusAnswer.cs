using System.Text.Json;
using System.Text.Json.Serialization;

namespace Amps.Ocpp.Dialects;

/// <summary>An answer that is a status, in 2.x with its reason (StatusInfoType).</summary>
internal sealed record StatusAnswer(string? Status, StatusInfo? StatusInfo = null)
{
    /// <summary>Null when it is no such answer.</summary>
    public static StatusAnswer? Read(ReadOnlySpan<byte> payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, StatusJson.Default.StatusAnswer);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static byte[] Write(string status) => JsonSerializer.SerializeToUtf8Bytes(new StatusAnswer(status), StatusJson.Default.StatusAnswer);
}

/// <summary>Why, in the words of the charge point.</summary>
internal sealed record StatusInfo(string? ReasonCode, string? AdditionalInfo)
{
    public override string ToString() => string.IsNullOrWhiteSpace(AdditionalInfo) ? ReasonCode ?? "" : $"{ReasonCode}: {AdditionalInfo}";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StatusAnswer))]
internal sealed partial class StatusJson : JsonSerializerContext;
