using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Dialects.Limits;

/// <summary>One way to write a limit.</summary>
/// <param name="Unit"><c>A</c> or <c>W</c>.</param>
/// <param name="Kind"><c>Absolute</c> or <c>Relative</c>.</param>
/// <param name="OnConnectorZero">For the charge point as a whole; only where it has a single connector.</param>
/// <param name="Whole">Without a fraction.</param>
internal readonly record struct LimitForm(string Unit, int StackLevel, string Kind, bool OnConnectorZero, bool Whole)
{
    /// <summary>The limit in the form's unit, never above what was asked for.</summary>
    public double ValueOf(LimitRequest limit)
    {
        double value = Unit == "W"
            ? ChargeRate.ToWatts(limit.Kilowatts)
            : ChargeRate.ToAmperes(limit.Kilowatts, limit.Phases, limit.NominalVoltage, limit.MeasuredVoltage);
        return Whole ? Math.Floor(value) : value;
    }

    /// <summary>
    /// The forms to try from the one that is known or likeliest on: stack level 0, the other kind, connector 0, whole amperes, then
    /// the other unit (charger behaviour, section 5, points 2 and 3; quirks Q61, Q63, Q66, Q68, Q70).
    /// </summary>
    public static IEnumerable<LimitForm> Ladder(LimitForm known, bool mayUseConnectorZero)
    {
        string otherKind = known.Kind == "Absolute" ? "Relative" : "Absolute";
        LimitForm other = known with { Unit = known.Unit == "A" ? "W" : "A" };
        LimitForm[] steps =
        [
            known,
            known with { StackLevel = 0 },
            known with { Kind = otherKind },
            known with { StackLevel = 0, Kind = otherKind },
            known with { StackLevel = 0, OnConnectorZero = true },
            known with { StackLevel = 0, Kind = otherKind, OnConnectorZero = true },
            known with { OnConnectorZero = false },
            known with { Whole = true },
            known with { StackLevel = 0, Whole = true },
            other,
            other with { StackLevel = 0 },
            other with { StackLevel = 0, Kind = otherKind },
            other with { StackLevel = 0, OnConnectorZero = true },
        ];
        var seen = new HashSet<LimitForm>();
        foreach (LimitForm step in steps)
        {
            // A limit in W is a whole number anyway.
            LimitForm form = step with { OnConnectorZero = step.OnConnectorZero && mayUseConnectorZero, Whole = step.Whole && step.Unit == "A" };
            if (seen.Add(form))
                yield return form;
        }
    }
}
