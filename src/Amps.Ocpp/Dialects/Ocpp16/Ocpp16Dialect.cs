using Amps.Ocpp.Chargers;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>Settings of the 1.6 adapter.</summary>
public sealed record Ocpp16Options
{
    /// <summary>Heartbeat interval given at boot, seconds, &gt; 0 (OCPP 1.6 section 4.2).</summary>
    public int HeartbeatIntervalSeconds { get; init; } = 300;

    /// <summary>Refuses what is only tolerated otherwise; for conformance runs.</summary>
    public bool StrictSchema { get; init; }
}

/// <summary>OCPP 1.6 with its security extension, over OCPP-J.</summary>
public sealed class Ocpp16Dialect(Ocpp16Options options, TimeProvider time, ILoggerFactory loggers) : IOcppDialect
{
    private readonly ILogger<Ocpp16Session> _logger = loggers.CreateLogger<Ocpp16Session>();

    public string Subprotocol => "ocpp1.6";

    public string Version => "1.6";

    public OcppConnectionOptions ConnectionOptions { get; } = OcppConnectionOptions.Ocpp16() with
    {
        ActionNames = Ocpp16Actions.NameOf,
    };

    public IOcppSession CreateSession(ChargePoint chargePoint, OcppConnection connection, long generation, TimeSpan callTimeout) =>
        new Ocpp16Session(chargePoint, connection, generation, callTimeout, options, time, _logger);
}
