namespace Amps.Ocpp.Ocppj;

/// <summary>
/// The error codes of a CALLERROR as one generation of OCPP spells them (OCPP-J 1.6 §4.2.3, OCPP 2.0.1 part 4 §4.3). Properties
/// carry the 2.x names; where 1.6 has no such code its nearest one stands.
/// </summary>
public sealed record RpcErrorCodes
{
    /// <summary>The spelling of OCPP-J 1.6, its misspelt <c>OccurenceConstraintViolation</c> included.</summary>
    public static RpcErrorCodes Ocpp16 { get; } = new()
    {
        FormatViolation = "FormationViolation",
        RpcFrameworkError = "FormationViolation",
        RepeatedMessageId = "GenericError",
        SurplusElements = "ProtocolError",
        MessageTypeNotSupported = "NotSupported",
        OccurrenceConstraintViolation = "OccurenceConstraintViolation",
    };

    /// <summary>The spelling of OCPP 2.0.1 and 2.1.</summary>
    public static RpcErrorCodes Ocpp2 { get; } = new();

    /// <summary>The payload is not well-formed.</summary>
    public string FormatViolation { get; private init; } = "FormatViolation";

    /// <summary>The message is no readable CALL: not JSON, not an array, no id.</summary>
    public string RpcFrameworkError { get; private init; } = "RpcFrameworkError";

    /// <summary>A message id was used again for other content.</summary>
    public string RepeatedMessageId { get; private init; } = "RpcFrameworkError";

    /// <summary>A CALL has more than four elements; sent only with a strict envelope.</summary>
    public string SurplusElements { get; private init; } = "RpcFrameworkError";

    /// <summary>The first element names no type that the version knows.</summary>
    public string MessageTypeNotSupported { get; private init; } = "MessageTypeNotSupported";

    /// <summary>A required field is missing, or one is there too often.</summary>
    public string OccurrenceConstraintViolation { get; private init; } = "OccurrenceConstraintViolation";

    /// <summary>A field has a value outside its bounds or list.</summary>
    public string PropertyConstraintViolation { get; private init; } = "PropertyConstraintViolation";

    /// <summary>A field has a value of another type.</summary>
    public string TypeConstraintViolation { get; private init; } = "TypeConstraintViolation";

    /// <summary>The action is unknown.</summary>
    public string NotImplemented { get; private init; } = "NotImplemented";

    /// <summary>The action is known and not supported.</summary>
    public string NotSupported { get; private init; } = "NotSupported";

    /// <summary>The receiver failed while processing.</summary>
    public string InternalError { get; private init; } = "InternalError";

    /// <summary>The payload is incomplete for the action.</summary>
    public string ProtocolError { get; private init; } = "ProtocolError";

    /// <summary>A security matter kept the receiver from processing.</summary>
    public string SecurityError { get; private init; } = "SecurityError";

    /// <summary>Any other error.</summary>
    public string GenericError { get; private init; } = "GenericError";
}
