using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>What concerns the charge point with all of its connectors.</summary>
public sealed partial class ChargePoint
{
    /// <summary>Why the limit for all connectors together is not in force; null = it is, or none is wanted.</summary>
    public string? StationLimitRefused => Station.Refused;

    internal StationCap Station { get; }

    internal void OnStationCapRefused(string why)
    {
        LogStationCapRefused(Id, why);
        if (_chargers.Values.FirstOrDefault() is { } charger)
            Notify(charger, "stationLimitRefused", why);
    }

    internal void OnStationCapFailed(Exception exception) => LogStationCapFailed(exception, Id);

    [LoggerMessage(Level = LogLevel.Information, Message = "Charge point {ChargePointId}: no limit for all connectors together: {Why}")]
    private partial void LogStationCapRefused(ChargePointId chargePointId, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "Charge point {ChargePointId}: keeping the limit for all connectors together failed")]
    private partial void LogStationCapFailed(Exception exception, ChargePointId chargePointId);
}
