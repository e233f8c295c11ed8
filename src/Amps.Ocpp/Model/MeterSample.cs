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
    /// <summary>A power that was told is taken as still true for so long when newer samples say nothing of it.</summary>
    public static readonly TimeSpan PowerValidFor = TimeSpan.FromMinutes(5);

    /// <summary>The charger's own time of the measurement, UTC.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>Negative = the vehicle feeds back.</summary>
    public double? PowerKw { get; init; }

    public PowerSource PowerSource { get; init; }

    /// <summary>When the power was measured; null = not known.</summary>
    public DateTimeOffset? PowerTimestamp { get; init; }

    /// <summary>The largest phase current.</summary>
    public double? CurrentA { get; init; }

    /// <summary>Mean of the phase-to-neutral voltages.</summary>
    public double? VoltageV { get; init; }

    /// <summary>What the charger offers to the vehicle, A per phase.</summary>
    public double? OfferedCurrentA { get; init; }

    public double? OfferedPowerKw { get; init; }

    /// <summary>Import register.</summary>
    public double? EnergyImportKwh { get; init; }

    /// <summary>When the register was first seen at this value: coarse registers move only now and then.</summary>
    public DateTimeOffset? EnergyTimestamp { get; init; }

    public double? StateOfChargePercent { get; init; }

    /// <summary>
    /// This sample on top of an older one: what it does not tell stays as it was told before, except a power or a current too
    /// old to be true still.
    /// </summary>
    public MeterSample Over(MeterSample? older)
    {
        if (older is null)
            return this;
        bool keepsPower = PowerKw is null && !(Timestamp - older.PowerTimestamp > PowerValidFor);
        bool sameRegister = EnergyImportKwh is null || (EnergyImportKwh == older.EnergyImportKwh && older.EnergyTimestamp is not null);
        return this with
        {
            Timestamp = Timestamp ?? older.Timestamp,
            PowerKw = keepsPower ? older.PowerKw : PowerKw,
            PowerSource = keepsPower ? older.PowerSource : PowerSource,
            PowerTimestamp = keepsPower ? older.PowerTimestamp : PowerTimestamp,
            CurrentA = CurrentA ?? (PowerKw is null && !keepsPower ? null : older.CurrentA),
            VoltageV = VoltageV ?? older.VoltageV,
            OfferedCurrentA = OfferedCurrentA ?? older.OfferedCurrentA,
            OfferedPowerKw = OfferedPowerKw ?? older.OfferedPowerKw,
            EnergyImportKwh = EnergyImportKwh ?? older.EnergyImportKwh,
            EnergyTimestamp = sameRegister ? older.EnergyTimestamp : EnergyTimestamp,
            StateOfChargePercent = StateOfChargePercent ?? older.StateOfChargePercent,
        };
    }

    /// <summary>This sample without what flows: its registers and what is offered stay.</summary>
    public MeterSample WithoutFlow() => this with { PowerKw = 0, PowerSource = PowerSource.None, PowerTimestamp = null, CurrentA = 0 };

    /// <summary>This sample saying nothing of what flows.</summary>
    public MeterSample RegistersOnly() => this with { PowerKw = null, PowerSource = PowerSource.None, PowerTimestamp = null, CurrentA = null };
}
