using System.Text.Json;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>Security events of a 1.6 charge point (security whitepaper, use case A04).</summary>
internal sealed partial class Ocpp16Session
{
    private CallAnswer OnSecurityEvent(ReadOnlyMemory<byte> payload)
    {
        using JsonDocument document = JsonDocument.Parse(payload);
        JsonElement told = document.RootElement;
        _chargePoint.ReportSecurityEvent(
            told.GetProperty("type").GetString()!,
            ChargerTime.Read(told.GetProperty("timestamp").GetString()),
            told.TryGetProperty("techInfo", out JsonElement info) ? info.GetString() : null);
        return Answer(s_empty);
    }
}
