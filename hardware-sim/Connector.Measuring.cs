using System.Globalization;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>What a connector measures, and how its personality writes that down.</summary>
internal sealed partial class Connector
{
    private JsonArray Samples(string context)
    {
        MeterHabits habits = _owner.Personality.Meter;
        var samples = new JsonArray();
        double power = _transaction is null && habits.StaleAfterStop ? _powerBeforeStop : _path.PowerKw;
        foreach (string measurand in _owner.Measurands)
        {
            if (habits.Measurands.Count > 0 && !habits.Measurands.Contains(measurand))
                continue;
            switch (measurand)
            {
                case "Energy.Active.Import.Register":
                    AddTotal(measurand, Math.Round(EnergyWh), "Wh");
                    break;
                case "Power.Active.Import":
                    AddTotal(measurand, Math.Round(power * 1000) * (habits.Negative ? -1 : 1), "W");
                    break;
                case "Current.Offered":
                    AddTotal(measurand, LimitNow(), "A");
                    break;
                case "Current.Import":
                    for (int phase = 1; phase <= Options.Phases; phase++)
                        Add(measurand, phase <= _path.UsedPhases ? _path.CurrentA : 0, "A", $"L{phase}");
                    break;
                case "Voltage":
                    for (int phase = 1; phase <= Options.Phases; phase++)
                        Add(measurand, Options.Voltage, "V", $"L{phase}-N");
                    break;
                case "SoC" when _path.Vehicle is not null:
                    Add(measurand, Math.Round(_path.Vehicle.StateOfCharge, 1), "Percent", null);
                    break;
            }
        }
        foreach (JsonObject extra in habits.Extra)
            samples.Add(extra.DeepClone());
        return samples;

        void AddTotal(string measurand, double value, string unit)
        {
            if (!habits.PerPhase.Contains(measurand))
            {
                Add(measurand, value, unit, null);
                return;
            }
            for (int phase = 1; phase <= Options.Phases; phase++)
                Add(measurand, phase <= _path.UsedPhases ? Math.Round(value / _path.UsedPhases, 3) : 0, unit, $"L{phase}");
        }

        void Add(string measurand, double value, string unit, string? phase)
        {
            unit = habits.Units.GetValueOrDefault(measurand, unit);
            double factor = unit is "kW" or "kWh" ? 0.001 : unit == "mA" ? 1000 : 1;
            string number = (value * factor).ToString("0.######", CultureInfo.InvariantCulture);
            var sample = new JsonObject
            {
                ["value"] = habits.Number.Replace("{value}", habits.DecimalComma ? number.Replace('.', ',') : number, StringComparison.Ordinal),
                ["context"] = context,
                ["measurand"] = measurand,
            };
            if (unit.Length > 0)
                sample["unit"] = unit;
            if (phase is not null)
                sample["phase"] = phase;
            samples.Add((JsonNode)sample);
        }
    }
}
