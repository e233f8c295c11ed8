using System.Globalization;
using System.Text.Json;

namespace Amps.Ocpp.Tests.Chargers.Sessions;

/// <summary>Transaction messages of now and of some time ago.</summary>
internal static class TransactionFrames
{
    public static string Time(TimeSpan ago) => (DateTime.UtcNow - ago).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    public static object Start(TimeSpan ago, string tag = "CARD") =>
        new { connectorId = 1, idTag = tag, meterStart = Random.Shared.Next(1_000_000), timestamp = Time(ago) };

    public static async Task<int> StartAsync(ScriptedCharger charger, TimeSpan ago, string tag = "CARD") =>
        (await charger.Link.CallAsync("StartTransaction", Start(ago, tag))).GetProperty("transactionId").GetInt32();

    public static Task<JsonElement> StopAsync(ScriptedCharger charger, long transaction, TimeSpan ago = default, int meterStop = 2_000_000, string reason = "Local") =>
        charger.Link.CallAsync("StopTransaction", new { transactionId = transaction, meterStop, reason, timestamp = Time(ago) });

    public static Task<JsonElement> PowerAsync(ScriptedCharger charger, double watts, long? transaction, TimeSpan ago = default, string? context = null) =>
        charger.Link.CallAsync("MeterValues", new
        {
            connectorId = 1,
            transactionId = transaction,
            meterValue = new[] { new { timestamp = Time(ago), sampledValue = new[] { new { value = watts.ToString(CultureInfo.InvariantCulture), measurand = "Power.Active.Import", unit = "W", context = context ?? "Sample.Periodic" } } } },
        });
}
