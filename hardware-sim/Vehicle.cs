namespace Amps.HardwareSim;

/// <summary>A plugged vehicle: what it would draw, and what that does to its battery.</summary>
internal sealed class Vehicle(VehicleOptions options)
{
    private const double TaperFrom = 80;
    private const double TaperTo = 0.1;

    public double StateOfCharge { get; private set; } = options.StateOfCharge;

    public int Phases => options.Phases;

    /// <summary>The driver or the car has stopped it from drawing.</summary>
    public bool Suspended { get; set; }

    public bool Full => StateOfCharge >= 100;

    /// <summary>A per phase it wants now: all it can up to 80 %, then less and less.</summary>
    public double WantedCurrent
    {
        get
        {
            if (Suspended || Full)
                return 0;
            double above = Math.Max(0, StateOfCharge - TaperFrom) / (100 - TaperFrom);
            return options.MaxCurrent * (1 - (above * (1 - TaperTo)));
        }
    }

    public void Take(double wattHours) => StateOfCharge = Math.Min(100, StateOfCharge + (wattHours / (options.BatteryKwh * 10)));
}
