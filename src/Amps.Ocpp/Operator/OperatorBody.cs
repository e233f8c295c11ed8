using System.Globalization;
using System.Text.Json;
using Amps.Ocpp.Http;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Operator;

/// <summary>What the operator's endpoints share in reading bodies.</summary>
internal static class OperatorBody
{
    /// <summary>Reads the body, lets it be handled, and answers with its errors if any were noted.</summary>
    public static async Task HandleAsync(HttpContext context, Func<JsonBody, Task> handle)
    {
        (JsonBody? read, ApiProblem? problem) = await JsonBody.ReadAsync(context);
        if (read is null)
        {
            await Envelope.WriteAsync(context, problem!);
            return;
        }
        using JsonBody body = read;
        await handle(body);
        if (body.Errors.Count > 0)
            await Envelope.WriteAsync(context, ApiProblem.Invalid(body.Errors));
    }

    /// <summary>An ISO 8601 time with a zone; null when absent, or noted as wrong.</summary>
    public static DateTimeOffset? Time(JsonBody body, string name)
    {
        if (!body.Root.TryGetProperty(name, out JsonElement given) || given.ValueKind == JsonValueKind.Null)
            return null;
        if (body.Text(body.Root, "", name, maxLength: 40) is not { } text)
            return null;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time))
            return time;
        body.Errors.Add(new FieldError(name, "An ISO 8601 time, e.g. 2026-05-08T11:30:00Z."));
        return null;
    }

    public static ApiProblem NotFound(string what) => new(404, ErrorCodes.NotFound, $"There is no such {what}.");
}
