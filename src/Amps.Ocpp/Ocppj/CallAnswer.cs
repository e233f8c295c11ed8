namespace Amps.Ocpp.Ocppj;

/// <summary>The answer to a CALL, and what its sender wants to do once it is on its way.</summary>
public readonly struct CallAnswer
{
    private CallAnswer(ReadOnlyMemory<byte> json, string? code, string? description, object? reaction)
    {
        Json = json;
        ErrorCode = code;
        ErrorDescription = description;
        Reaction = reaction;
    }

    /// <summary>The payload of the CALLRESULT, or the details of the CALLERROR (empty for <c>{}</c>).</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>The code of the CALLERROR; null for a CALLRESULT.</summary>
    public string? ErrorCode { get; }

    /// <summary>The description of the CALLERROR; null for a CALLRESULT.</summary>
    public string? ErrorDescription { get; }

    /// <summary>Given to <see cref="IOcppCallHandler.OnAnswered"/> after the answer was handed to the socket.</summary>
    public object? Reaction { get; }

    /// <summary>Whether this is a CALLERROR.</summary>
    public bool IsError => ErrorCode is not null;

    /// <summary>A CALLRESULT. The payload is kept for repeated message ids: a JSON object in UTF-8 that must never change, so no pooled buffer.</summary>
    public static CallAnswer Result(ReadOnlyMemory<byte> payloadJson, object? reaction = null) => new(payloadJson, null, null, reaction);

    /// <summary>A CALLERROR. The description is cut at 255 characters; the details are a JSON object in UTF-8, empty for <c>{}</c>.</summary>
    public static CallAnswer Error(string code, string description, ReadOnlyMemory<byte> detailsJson = default, object? reaction = null) =>
        new(detailsJson, code, description, reaction);
}
