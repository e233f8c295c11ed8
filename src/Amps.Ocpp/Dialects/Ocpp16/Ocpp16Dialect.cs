using Amps.Ocpp.Chargers;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>OCPP 1.6 with its security extension, over OCPP-J.</summary>
public sealed class Ocpp16Dialect(DialectOptions options, TimeProvider time, ILoggerFactory loggers) : IOcppDialect
{
    private readonly ILogger<Ocpp16Session> _logger = loggers.CreateLogger<Ocpp16Session>();

    public string Subprotocol => "ocpp1.6";

    public string Version => "1.6";

    public OcppConnectionOptions ConnectionOptions { get; } = OcppConnectionOptions.Ocpp16() with
    {
        ActionNames = Ocpp16Actions.Table.NameOf,
    };

    public IOcppSession CreateSession(ChargePoint chargePoint, OcppConnection connection, long generation, TimeSpan callTimeout) =>
        new Ocpp16Session(new OcppSessionContext(chargePoint, connection, generation, callTimeout, options, time, _logger));
}
