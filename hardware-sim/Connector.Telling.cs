using System.Globalization;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>What a connector tells of itself: status, meter values, a transaction that a power cut ended.</summary>
internal sealed partial class Connector
{
    public void TellStatus()
    {
        string status = Status;
        string error = _fault ?? "NoError";
        DateTimeOffset now = _owner.Now;
        _owner.Tell("StatusNotification", () => new JsonObject
        {
            ["connectorId"] = Id,
            ["errorCode"] = error,
            ["status"] = status,
            ["timestamp"] = Wire(now),
        }, keep: false);
    }

    public void TellMeterValues(string context, bool keep) => TellMeterValues(context, keep, _transaction);

    private void TellMeterValues(string context, bool keep, Transaction? transaction)
    {
        MeterHabits habits = _owner.Personality.Meter;
        JsonArray samples = Samples(context);
        DateTimeOffset now = _owner.Now;
        if (samples.Count == 0 || (habits.OnlyInTransactions && transaction is null))
            return;
        _owner.Tell("MeterValues", () =>
        {
            var payload = new JsonObject { ["connectorId"] = Id };
            if (transaction?.Id is { } id)
                payload["transactionId"] = id;
            var newest = new JsonObject { ["timestamp"] = Wire(now), ["sampledValue"] = samples.DeepClone() };
            payload["meterValue"] = habits.Unordered ? new JsonArray(newest, Older(now)) : new JsonArray(newest);
            return payload;
        }, keep && transaction is not null);
    }

    private static JsonObject Older(DateTimeOffset now) => new()
    {
        ["timestamp"] = Wire(now - TimeSpan.FromMinutes(2)),
        ["sampledValue"] = new JsonArray(new JsonObject { ["value"] = "123", ["measurand"] = "Power.Active.Import", ["unit"] = "W" }),
    };

    /// <summary>A transaction that a power cut ended is told when there is power again (OCPP 1.6 section 4.10, reason PowerLoss).</summary>
    public void TellLost(JsonObject saved)
    {
        int id = saved["id"]!.GetValue<int>();
        string idTag = saved["idTag"]!.GetValue<string>();
        double register = Math.Round(EnergyWh);
        DateTimeOffset now = _owner.Now;
        _owner.Tell("StopTransaction", () => new JsonObject
        {
            ["transactionId"] = id,
            ["idTag"] = idTag,
            ["meterStop"] = (int)register,
            ["timestamp"] = Wire(now),
            ["reason"] = "PowerLoss",
        }, keep: true);
    }

    private static string Wire(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
