using Amps.Ocpp.Chargers;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>OCPP 2.0.1 or 2.1 over OCPP-J.</summary>
public sealed class Ocpp2Dialect : IOcppDialect
{
    private readonly Lazy<Ocpp2Release> _release;
    private readonly DialectOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<Ocpp2Session> _logger;

    private Ocpp2Dialect(string version, Lazy<Ocpp2Release> release, DialectOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        Version = version;
        _release = release;
        _options = options;
        _time = time;
        _logger = loggers.CreateLogger<Ocpp2Session>();
    }

    public string Subprotocol => "ocpp" + Version;

    public string Version { get; }

    public OcppConnectionOptions ConnectionOptions => _release.Value.ConnectionOptions;

    /// <summary>OCPP 2.0.1 edition 3.</summary>
    public static Ocpp2Dialect V201(DialectOptions options, TimeProvider time, ILoggerFactory loggers) => new("2.0.1", Ocpp2Release.V201, options, time, loggers);

    /// <summary>OCPP 2.1 edition 1.</summary>
    public static Ocpp2Dialect V21(DialectOptions options, TimeProvider time, ILoggerFactory loggers) => new("2.1", Ocpp2Release.V21, options, time, loggers);

    public IOcppSession CreateSession(ChargePoint chargePoint, OcppConnection connection, long generation, TimeSpan callTimeout) =>
        new Ocpp2Session(new OcppSessionContext(chargePoint, connection, generation, callTimeout, _options, _time, _logger), _release.Value);
}
