using System.Globalization;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>What an EVSE measures, and how its personality writes that down.</summary>
internal sealed partial class Evse
{
    private JsonArray Samples(string context, IReadOnlyList<string> measurands)
    {
        MeterHabits habits = _owner.Personality.Meter;
        var samples = new JsonArray();
        if (!_owner.Model.Flag("SampledDataCtrlr.Enabled"))
            return samples;
        foreach (string measurand in measurands)
        {
            if (habits.Measurands.Count > 0 && !habits.Measurands.Contains(measurand))
                continue;
            switch (measurand)
            {
                case "Energy.Active.Import.Register":
                    AddTotal(measurand, Math.Round(Path.EnergyWh), "Wh");
                    break;
                case "Power.Active.Import":
                    AddTotal(measurand, Math.Round(Path.PowerKw * 1000) * (habits.Negative ? -1 : 1), "W");
                    break;
                case "Current.Offered":
                    AddTotal(measurand, LimitNow().Amperes, "A");
                    break;
                case "Current.Import":
                    for (int phase = 1; phase <= Path.Options.Phases; phase++)
                        Add(measurand, phase <= Path.UsedPhases ? Path.CurrentA : 0, "A", $"L{phase}");
                    break;
                case "Voltage":
                    for (int phase = 1; phase <= Path.Options.Phases; phase++)
                        Add(measurand, Path.Options.Voltage, "V", $"L{phase}-N");
                    break;
                case "SoC" when Path.Vehicle is { } vehicle:
                    Add(measurand, Math.Round(vehicle.StateOfCharge, 1), "Percent", null);
                    break;
            }
        }
        if (measurands.Count > 0)
        {
            foreach (JsonObject extra in habits.Extra)
                samples.Add(extra.DeepClone());
        }
        return samples;

        void AddTotal(string measurand, double value, string unit)
        {
            if (!habits.PerPhase.Contains(measurand))
            {
                Add(measurand, value, unit, null);
                return;
            }
            for (int phase = 1; phase <= Path.Options.Phases; phase++)
                Add(measurand, phase <= Path.UsedPhases ? Math.Round(value / Path.UsedPhases, 3) : 0, unit, $"L{phase}");
        }

        void Add(string measurand, double value, string unit, string? phase)
        {
            unit = habits.Units.GetValueOrDefault(measurand, unit);
            double factor = unit is "kW" or "kWh" ? 0.001 : unit == "mA" ? 1000 : 1;
            var sample = new JsonObject
            {
                // Written as a person would: no binary remainder of a decimal fraction.
                ["value"] = JsonNode.Parse((value * factor).ToString("0.######", CultureInfo.InvariantCulture)),
                ["context"] = context,
                ["measurand"] = measurand,
            };
            if (phase is not null)
                sample["phase"] = phase;
            if (unit.Length > 0)
                sample["unitOfMeasure"] = new JsonObject { ["unit"] = unit };
            samples.Add((JsonNode)sample);
        }
    }
}
