using Amps.Ocpp.Model;

namespace Amps.Ocpp.Gateway;

/// <summary>What the gateway writes to the log: one line an event, never a credential.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Charge point {ChargePointId} is unknown and was turned away")]
    public static partial void Unknown(ILogger logger, ChargePointId chargePointId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Charge point {ChargePointId} offers no subprotocol spoken here: {Offered}")]
    public static partial void NoSubprotocol(ILogger logger, ChargePointId chargePointId, string offered);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Charge point {ChargePointId}: a second connection without credentials was refused, the first one lives")]
    public static partial void DuplicateRefused(ILogger logger, ChargePointId chargePointId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Charge point {ChargePointId}: two connections fight over this identity; newcomers are held off")]
    public static partial void Flapping(ILogger logger, ChargePointId chargePointId);
}
