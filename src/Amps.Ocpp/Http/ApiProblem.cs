using System.Text.Json;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Http;

/// <summary>A failure as the caller sees it (canonical API, sections 2 and 7).</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">Stable code; clients branch on it.</param>
/// <param name="Message">One sentence for a person; never internal text.</param>
/// <param name="Details">Writes the members of <c>details</c> (the object's braces are the envelope's); null = none.</param>
/// <param name="RetryAfterSeconds">Value of <c>Retry-After</c>; null = no such header.</param>
public sealed record ApiProblem(int Status, string Code, string Message, Action<Utf8JsonWriter>? Details = null, int? RetryAfterSeconds = null)
{
    public static ApiProblem NotFound { get; } = new(404, ErrorCodes.NotFound, "There is no such route.");

    public static ApiProblem MethodNotAllowed { get; } = new(405, ErrorCodes.MethodNotAllowed, "This route does not take this method.");

    public static ApiProblem UnsupportedMediaType { get; } = new(415, ErrorCodes.UnsupportedMediaType, "The body must be application/json in UTF-8.");

    public static ApiProblem PayloadTooLarge { get; } = new(413, ErrorCodes.PayloadTooLarge, "The body is too large.");

    public static ApiProblem Internal { get; } = new(500, ErrorCodes.InternalError, "Something went wrong on our side.");

    public static ApiProblem StorageAway { get; } = new(503, ErrorCodes.ServiceUnavailable, "Storage is not available; nothing was changed.", RetryAfterSeconds: 2);

    public static ApiProblem GoingDown { get; } = new(503, ErrorCodes.ServiceUnavailable, "The service is going down; nothing was changed.", RetryAfterSeconds: 5);

    public static ApiProblem DeviceNotFound { get; } = new(404, ErrorCodes.DeviceNotFound, "There is no such device.");

    public static ApiProblem ActionNotFound { get; } = new(404, ErrorCodes.ActionNotFound, "There is no such action.");

    /// <summary>400 with all errors found in a body or query.</summary>
    public static ApiProblem Invalid(IReadOnlyList<FieldError> errors) => new(400, ErrorCodes.ValidationError, "The request is not valid.", json =>
    {
        json.WriteStartArray("errors");
        foreach (FieldError error in errors)
        {
            json.WriteStartObject();
            json.WriteString("path", error.Path);
            json.WriteString("message", error.Message);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    public static ApiProblem Invalid(string path, string message) => Invalid([new FieldError(path, message)]);
}

/// <summary>One thing wrong with a request.</summary>
/// <param name="Path">Dotted path of the field in the body, or the query parameter's name; empty for the body as a whole.</param>
/// <param name="Message">What is allowed.</param>
public readonly record struct FieldError(string Path, string Message);
