using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace Amps.Ocpp.Http;

/// <summary>
/// The envelope around every answer (canonical API, section 2). Bodies are built in a buffer of the thread and leave in one write
/// with their length.
/// </summary>
public static class Envelope
{
    private static readonly JsonWriterOptions s_unchecked = new() { SkipValidation = true };

    [ThreadStatic]
    private static Scratch? t_scratch;

    private sealed class Scratch
    {
        public readonly ArrayBufferWriter<byte> Buffer = new(4096);
        public readonly Utf8JsonWriter Json;

        public Scratch() => Json = new Utf8JsonWriter(Buffer, s_unchecked);
    }

    /// <summary>Writes a success; <paramref name="write"/> writes the one value of <c>data</c>.</summary>
    public static Task WriteAsync<T>(HttpContext context, int status, T value, Action<Utf8JsonWriter, T> write)
    {
        ApiRequest request = ApiRequest.Of(context);
        Scratch scratch = Begin();
        scratch.Json.WriteStartObject();
        scratch.Json.WriteBoolean("success"u8, true);
        scratch.Json.WritePropertyName("data"u8);
        write(scratch.Json, value);
        scratch.Json.WriteStartObject("meta"u8);
        scratch.Json.WriteString("requestId"u8, request.Id);
        if (request.Key is { } key)
            scratch.Json.WriteString("environment"u8, key.Environment == Model.ApiEnvironment.Sandbox ? "sandbox"u8 : "live"u8);
        WriteTime(scratch.Json, "timestamp"u8, DateTimeOffset.UtcNow);
        scratch.Json.WriteNumber("latencyMs"u8, request.LatencyMs);
        scratch.Json.WriteEndObject();
        scratch.Json.WriteEndObject();
        return SendAsync(context, status, scratch);
    }

    /// <summary>Writes a success whose <c>data</c> is ready as JSON in UTF-8.</summary>
    public static Task WriteAsync(HttpContext context, int status, ReadOnlyMemory<byte> data) =>
        WriteAsync(context, status, data, static (json, bytes) => json.WriteRawValue(bytes.Span, skipInputValidation: true));

    /// <summary>Writes a failure.</summary>
    public static Task WriteAsync(HttpContext context, ApiProblem problem)
    {
        ApiRequest request = ApiRequest.Of(context);
        if (problem.RetryAfterSeconds is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Scratch scratch = Begin();
        scratch.Json.WriteStartObject();
        scratch.Json.WriteBoolean("success"u8, false);
        scratch.Json.WriteStartObject("error"u8);
        scratch.Json.WriteString("code"u8, problem.Code);
        scratch.Json.WriteString("message"u8, problem.Message);
        if (problem.Details is { } details)
        {
            scratch.Json.WriteStartObject("details"u8);
            details(scratch.Json);
            scratch.Json.WriteEndObject();
        }
        scratch.Json.WriteEndObject();
        scratch.Json.WriteStartObject("meta"u8);
        scratch.Json.WriteString("requestId"u8, request.Id);
        WriteTime(scratch.Json, "timestamp"u8, DateTimeOffset.UtcNow);
        scratch.Json.WriteString("path"u8, context.Request.Path.Value);
        scratch.Json.WriteNumber("latencyMs"u8, request.LatencyMs);
        scratch.Json.WriteEndObject();
        scratch.Json.WriteEndObject();
        return SendAsync(context, problem.Status, scratch);
    }

    /// <summary>Writes a time as ISO 8601 UTC with milliseconds and <c>Z</c>, or null.</summary>
    public static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset? time)
    {
        // A time that never was is the default, e.g. of a charger never heard of.
        if (time is not { } value || value == default)
        {
            json.WriteNull(name);
            return;
        }
        Span<byte> text = stackalloc byte[33];
        // "O" gives seven digits of a second and no more than the first three are wanted.
        Utf8Formatter.TryFormat(value.UtcDateTime, text, out _, 'O');
        text[23] = (byte)'Z';
        json.WriteString(name, text[..24]);
    }

    private static Scratch Begin()
    {
        Scratch scratch = t_scratch ??= new Scratch();
        scratch.Buffer.ResetWrittenCount();
        scratch.Json.Reset();
        return scratch;
    }

    private static async Task SendAsync(HttpContext context, int status, Scratch scratch)
    {
        scratch.Json.Flush();
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json; charset=utf-8";
        response.Headers.XContentTypeOptions = "nosniff";
        response.ContentLength = scratch.Buffer.WrittenCount;
        // Copied into the pipe before anything awaits, so the buffer is free for the next answer of this thread.
        response.BodyWriter.Write(scratch.Buffer.WrittenSpan);
        await response.BodyWriter.FlushAsync();
    }
}
