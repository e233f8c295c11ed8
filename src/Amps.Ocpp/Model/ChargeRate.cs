namespace Amps.Ocpp.Model;

/// <summary>Arithmetic of the cap (charger behaviour, section 5): it errs on the side that never exceeds the cap.</summary>
public static class ChargeRate
{
    /// <summary>The lowest current that IEC 61851 can signal to a vehicle, A per phase.</summary>
    public const double MinimumSignalledAmperes = 6;

    private const double HighestOverNominal = 1.25;

    /// <summary>
    /// A per phase for a cap in kW, rounded down to 0.1 A. The larger of nominal and measured voltage counts, and three
    /// phases where their number is unknown.
    /// </summary>
    public static double ToAmperes(double kilowatts, int? phases, double nominalVoltage, double? measuredVoltage)
    {
        double voltage = Math.Max(nominalVoltage, measuredVoltage ?? 0);
        return FloorToTenth(kilowatts * 1000 / (voltage * (phases ?? 3)));
    }

    /// <summary>
    /// A measured voltage where it can be phase to neutral; null when it is so far above the nominal one that it is something
    /// else, e.g. phase to phase.
    /// </summary>
    public static double? PhaseVoltage(double? measured, double nominalVoltage) =>
        measured is > 0 && measured <= nominalVoltage * HighestOverNominal ? measured : null;

    /// <summary>W for a cap in kW, rounded down to 1 W.</summary>
    public static double ToWatts(double kilowatts) => Math.Floor((kilowatts * 1000) + 1e-6);

    /// <summary>
    /// Whether a cap above zero is too low to be signalled on the phases in use, so that the charger is held at zero.
    /// </summary>
    public static bool IsBelowMinimum(double kilowatts, int? phases, double nominalVoltage, double? measuredVoltage) =>
        kilowatts > 0 && ToAmperes(kilowatts, phases, nominalVoltage, measuredVoltage) < MinimumSignalledAmperes;

    // The small addend keeps 7.4 kW at 3 x 230 V from losing a tenth to binary fractions; it is far below one tenth.
    private static double FloorToTenth(double value) => Math.Floor((value * 10) + 1e-6) / 10;
}
