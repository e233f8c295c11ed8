namespace Amps.Ocpp.Model;

/// <summary>How a power was found (charger behaviour, section 6).</summary>
public enum PowerSource
{
    /// <summary>None was told and none could be derived.</summary>
    None,

    /// <summary>The charger's own total.</summary>
    Measured,

    /// <summary>Sum of its phases.</summary>
    PhaseSum,

    /// <summary>Sum of its phase currents times voltage.</summary>
    CurrentTimesVoltage,

    /// <summary>Difference of its energy register.</summary>
    EnergyDelta,
}

/// <summary>What a charger measured at one time; null = not told. Units: kW, A, V, kWh, percent.</summary>
public sealed record MeterSample
{
    /// <summary>The charger's own time of the measurement, UTC.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    public double? PowerKw { get; init; }

    public PowerSource PowerSource { get; init; }

    /// <summary>The largest phase current.</summary>
    public double? CurrentA { get; init; }

    /// <summary>Mean of the phase-to-neutral voltages.</summary>
    public double? VoltageV { get; init; }

    /// <summary>What the charger offers to the vehicle, A per phase.</summary>
    public double? OfferedCurrentA { get; init; }

    public double? OfferedPowerKw { get; init; }

    /// <summary>Import register.</summary>
    public double? EnergyImportKwh { get; init; }

    public double? StateOfChargePercent { get; init; }

    /// <summary>This sample on top of an older one: what it does not tell stays as it was told before.</summary>
    public MeterSample Over(MeterSample? older) => older is null ? this : this with
    {
        PowerKw = PowerKw ?? older.PowerKw,
        CurrentA = CurrentA ?? older.CurrentA,
        VoltageV = VoltageV ?? older.VoltageV,
        OfferedCurrentA = OfferedCurrentA ?? older.OfferedCurrentA,
        OfferedPowerKw = OfferedPowerKw ?? older.OfferedPowerKw,
        EnergyImportKwh = EnergyImportKwh ?? older.EnergyImportKwh,
        StateOfChargePercent = StateOfChargePercent ?? older.StateOfChargePercent,
    };
}
