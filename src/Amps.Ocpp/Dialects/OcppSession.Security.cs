using System.Text.Json;
using System.Text.Json.Serialization;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects;

/// <summary>Security events, which every version tells alike (security whitepaper and 2.x part 2, use case A04).</summary>
internal abstract partial class OcppSession
{
    protected CallAnswer OnSecurityEvent(ReadOnlySpan<byte> payload)
    {
        SecurityEvent told = JsonSerializer.Deserialize(payload, SecurityJson.Default.SecurityEvent)!;
        ChargePoint.ReportSecurityEvent(told.Type, ChargerTime.Read(told.Timestamp), told.TechInfo);
        return Answer(EmptyAnswer);
    }
}

internal sealed record SecurityEvent(string Type, string? Timestamp, string? TechInfo);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SecurityEvent))]
internal sealed partial class SecurityJson : JsonSerializerContext;
