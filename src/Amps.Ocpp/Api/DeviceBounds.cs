using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Api;

/// <summary>What one device can be asked for, computed from what is known of it (canonical API, sections 4 and 6).</summary>
internal static class DeviceBounds
{
    /// <summary>Highest cap for a charger whose rating nobody told, kW: more than any connector of today delivers.</summary>
    private const double UnknownMaxKw = 1000;

    public const string MaxChargeRate = "max_charge_rate";

    public const string Unit = "kw";

    /// <summary>Rated maximum, kW; null when nobody told.</summary>
    public static double? RatedKw(ChargePointRecord chargePoint, ChargerSnapshot? snapshot) =>
        chargePoint.Configuration.RatedPowerKw ?? chargePoint.Learned.RatedPowerKw ?? snapshot?.PowerRateLimit;

    public static double MaxKw(ChargePointRecord chargePoint, ChargerSnapshot? snapshot) => RatedKw(chargePoint, snapshot) ?? UnknownMaxKw;
}
