namespace Amps.Ocpp.Dialects.Shapes;

/// <summary>What kind of rule a payload breaks; each has its CALLERROR code.</summary>
internal enum ShapeViolationKind
{
    /// <summary>A required field is missing, or a list is too short or too long.</summary>
    Occurrence,

    /// <summary>A value is of another JSON type.</summary>
    Type,

    /// <summary>A value is outside its words, its length or its range.</summary>
    Property,

    /// <summary>The payload is no object, or has a field that the standard does not know.</summary>
    Formation,
}

/// <summary>How strictly a payload is judged.</summary>
internal enum ShapeMode
{
    /// <summary>As the standard says: for what this service sends, and for conformance runs.</summary>
    Strict,

    /// <summary>Over-long strings, unknown fields, odd times and unknown words of advice are tolerated and counted.</summary>
    Lenient,
}

/// <summary>A broken rule.</summary>
/// <param name="Path">JSON pointer into the payload (RFC 6901); names come from the shape, never from the message.</param>
/// <param name="Message">What is allowed; safe to send back.</param>
internal readonly record struct ShapeViolation(ShapeViolationKind Kind, string Path, string Message);
