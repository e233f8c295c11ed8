namespace Amps.Ocpp.Ocppj.Framing;

/// <summary>What is wrong with a message.</summary>
internal enum FrameFault
{
    None,

    /// <summary>Not JSON, not an array, elements missing or of the wrong type.</summary>
    Malformed,

    /// <summary>A type number that the version does not know.</summary>
    UnknownType,

    /// <summary>The id is no string, empty, or longer than can be echoed.</summary>
    UnusableId,

    /// <summary>The payload of a CALL is no object.</summary>
    PayloadNotObject,

    /// <summary>A CALL with more than four elements where that is not tolerated.</summary>
    SurplusElements,
}

/// <summary>One parsed message. All memory is a slice of the buffer that was parsed, except where an escaped id had to be rewritten.</summary>
internal struct Frame
{
    public RpcMessageTypes Type;
    public FrameFault Fault;

    /// <summary>Why <see cref="Fault"/> is not none: words of ours, never of the message.</summary>
    public string? FaultText;

    /// <summary>The id, escaped so that it can stand between quotes in JSON; empty if it could not be read.</summary>
    public ReadOnlyMemory<byte> Id;

    public string? Action;

    /// <summary>From the action to the end of the payload, as it came: what makes a repeated message the same.</summary>
    public ReadOnlyMemory<byte> Content;

    /// <summary>Payload of CALL, SEND and CALLRESULT, details of CALLERROR.</summary>
    public ReadOnlyMemory<byte> Payload;

    public bool PayloadWasNull;
    public string? ErrorCode;
    public string? ErrorDescription;
}
