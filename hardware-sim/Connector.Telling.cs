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

    public void TellMeterValues(string context, bool keep)
    {
        Transaction? transaction = _transaction;
        JsonArray samples = Samples(context);
        DateTimeOffset now = _owner.Now;
        if (samples.Count == 0)
            return;
        _owner.Tell("MeterValues", () =>
        {
            var payload = new JsonObject { ["connectorId"] = Id };
            if (transaction?.Id is { } id)
                payload["transactionId"] = id;
            payload["meterValue"] = new JsonArray(new JsonObject { ["timestamp"] = Wire(now), ["sampledValue"] = samples.DeepClone() });
            return payload;
        }, keep && transaction is not null);
    }

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

    private JsonArray Samples(string context)
    {
        var samples = new JsonArray();
        foreach (string measurand in _owner.Measurands)
        {
            switch (measurand)
            {
                case "Energy.Active.Import.Register":
                    Add(measurand, Math.Round(EnergyWh), "Wh", null);
                    break;
                case "Power.Active.Import":
                    Add(measurand, Math.Round(PowerKw * 1000), "W", null);
                    break;
                case "Current.Offered":
                    Add(measurand, LimitNow(), "A", null);
                    break;
                case "Current.Import":
                    for (int phase = 1; phase <= _options.Phases; phase++)
                        Add(measurand, phase <= UsedPhases ? CurrentA : 0, "A", $"L{phase}");
                    break;
                case "Voltage":
                    for (int phase = 1; phase <= _options.Phases; phase++)
                        Add(measurand, _options.Voltage, "V", $"L{phase}-N");
                    break;
                case "SoC" when _vehicle is not null:
                    Add(measurand, Math.Round(_vehicle.StateOfCharge, 1), "Percent", null);
                    break;
            }
        }
        return samples;

        void Add(string measurand, double value, string unit, string? phase)
        {
            var sample = new JsonObject
            {
                ["value"] = value.ToString(CultureInfo.InvariantCulture),
                ["context"] = context,
                ["measurand"] = measurand,
                ["unit"] = unit,
            };
            if (phase is not null)
                sample["phase"] = phase;
            samples.Add((JsonNode)sample);
        }
    }

    private static string Wire(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
