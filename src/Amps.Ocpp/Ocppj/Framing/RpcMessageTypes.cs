namespace Amps.Ocpp.Ocppj.Framing;

/// <summary>Message types; the number on the wire is the position of the bit.</summary>
[Flags]
public enum RpcMessageTypes
{
    None = 0,
    Call = 1 << 2,
    CallResult = 1 << 3,
    CallError = 1 << 4,
    CallResultError = 1 << 5,
    Send = 1 << 6,

    /// <summary>What OCPP 1.6 and 2.0.1 have.</summary>
    CallAndAnswers = Call | CallResult | CallError,

    /// <summary>What OCPP 2.1 has.</summary>
    All = CallAndAnswers | CallResultError | Send,
}
