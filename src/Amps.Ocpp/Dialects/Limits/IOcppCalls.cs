using Amps.Ocpp.Chargers;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects.Limits;

/// <summary>Calls to one charge point over its present link.</summary>
internal interface IOcppCalls
{
    /// <summary>Sends a call whose answer is a status.</summary>
    Task<CallAnswerSummary> AskAsync(string action, byte[] payload, CancellationToken cancellationToken);

    Task<CallOutcome> SendAsync(string action, byte[] payload, CancellationToken cancellationToken);
}
