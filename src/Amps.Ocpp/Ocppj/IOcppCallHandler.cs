namespace Amps.Ocpp.Ocppj;

/// <summary>What the owner of a link does with the messages of its charge point. One handler serves one link.</summary>
public interface IOcppCallHandler
{
    /// <summary>
    /// Handles one CALL (or SEND, whose answer is dropped). Calls of one link come one at a time and in order; while one waits,
    /// answers to our own calls are still matched. A fault becomes a CALLERROR: <c>FormatViolation</c> for a
    /// <see cref="System.Text.Json.JsonException"/>, <c>InternalError</c> for any other.
    /// </summary>
    ValueTask<CallAnswer> HandleAsync(IncomingCall call);

    /// <summary>Called with the reaction of an answer once that answer stands before all later messages to the charge point.</summary>
    void OnAnswered(object reaction);

    /// <summary>Called for an answer whose call had timed out or was given up. The call's outcome stays what it was.</summary>
    void OnLateAnswer(LateAnswer answer);

    /// <summary>Called when the charge point refuses one of our CALLRESULTs (CALLRESULTERROR, OCPP 2.1 only).</summary>
    void OnResultRefused(string messageId, string code, string description)
    {
    }
}
