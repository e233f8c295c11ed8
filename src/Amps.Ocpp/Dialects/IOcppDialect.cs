using Amps.Ocpp.Chargers;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects;

/// <summary>One version of OCPP as this service speaks it.</summary>
public interface IOcppDialect
{
    /// <summary>The WebSocket subprotocol, e.g. <c>ocpp1.6</c>.</summary>
    string Subprotocol { get; }

    /// <summary>The version's name as operators write it, e.g. <c>1.6</c>.</summary>
    string Version { get; }

    /// <summary>Limits and spellings of its links.</summary>
    OcppConnectionOptions ConnectionOptions { get; }

    /// <summary>The two sides of a new link: towards the charge point's mailbox, and towards its socket.</summary>
    IOcppSession CreateSession(ChargePoint chargePoint, OcppConnection connection, long generation, TimeSpan callTimeout);
}

/// <summary>A link between a charge point's socket and its mailbox.</summary>
public interface IOcppSession : IChargePointSession, IOcppCallHandler;
