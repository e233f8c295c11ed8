using System.Text.Json;

namespace Amps.Ocpp.Http;

/// <summary>
/// A request body, read strictly: UTF-8 JSON of bounded size and depth, an object, no key twice, no key unknown. Errors are
/// gathered, so that a caller sees all of them at once (faults A6, A7).
/// </summary>
public sealed class JsonBody : IDisposable
{
    /// <summary>Largest body, bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 16, AllowDuplicateProperties = false };
    private readonly JsonDocument _document;

    private JsonBody(JsonDocument document) => _document = document;

    public JsonElement Root => _document.RootElement;

    public List<FieldError> Errors { get; } = [];

    public void Dispose() => _document.Dispose();

    /// <summary>Reads the body; a problem instead of a body when it cannot be read at all.</summary>
    public static async Task<(JsonBody? Body, ApiProblem? Problem)> ReadAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        if (!IsJson(request.ContentType))
            return (null, ApiProblem.UnsupportedMediaType);
        if (request.Headers.ContentEncoding.Count > 0)
            return (null, ApiProblem.UnsupportedMediaType);
        if (request.ContentLength > MaxBytes)
            return (null, ApiProblem.PayloadTooLarge);
        byte[] bytes = System.Buffers.ArrayPool<byte>.Shared.Rent(MaxBytes + 1);
        try
        {
            int length = await request.Body.ReadAtLeastAsync(bytes, MaxBytes + 1, throwOnEndOfStream: false, context.RequestAborted);
            if (length > MaxBytes)
                return (null, ApiProblem.PayloadTooLarge);
            JsonDocument document = JsonDocument.Parse(bytes.AsSpan(0, length).ToArray(), s_options);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return (new JsonBody(document), null);
            document.Dispose();
            return (null, ApiProblem.Invalid("", "The body must be a JSON object."));
        }
        catch (JsonException e)
        {
            return (null, ApiProblem.Invalid("", $"The body is not valid JSON (line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1})."));
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Notes every key of an object that is not among the known ones.</summary>
    public void RefuseUnknown(JsonElement element, string path, params ReadOnlySpan<string> known)
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!known.Contains(property.Name))
                Errors.Add(new FieldError(Join(path, property.Name), "Unknown field."));
        }
    }

    /// <summary>An object member; null when absent, or noted as wrong.</summary>
    public JsonElement? Object(JsonElement parent, string path, string name, bool required = false) =>
        Member(parent, path, name, required, JsonValueKind.Object, "An object.");

    /// <summary>An array member; null when absent, or noted as wrong.</summary>
    public JsonElement? Array(JsonElement parent, string path, string name, bool required = false) =>
        Member(parent, path, name, required, JsonValueKind.Array, "An array.");

    /// <summary>A string member of 1 to <paramref name="maxLength"/> characters; null when absent, or noted as wrong.</summary>
    public string? Text(JsonElement parent, string path, string name, bool required = false, int maxLength = 256)
    {
        if (Member(parent, path, name, required, JsonValueKind.String, "A string.") is not { } element)
            return null;
        string? text = element.GetString();
        if (text is { Length: > 0 } && text.Length <= maxLength && !text.AsSpan().ContainsAnyInRange('\0', '\u001f'))
            return text;
        Errors.Add(new FieldError(Join(path, name), $"A string of 1 to {maxLength} characters without control characters."));
        return null;
    }

    /// <summary>A finite number member; null when absent, or noted as wrong.</summary>
    public double? Number(JsonElement parent, string path, string name, bool required = false)
    {
        if (Member(parent, path, name, required, JsonValueKind.Number, "A number.") is not { } element)
            return null;
        if (element.TryGetDouble(out double number) && double.IsFinite(number))
            return number;
        Errors.Add(new FieldError(Join(path, name), "A finite number."));
        return null;
    }

    /// <summary>A whole number within bounds; null when absent, or noted as wrong.</summary>
    public int? Integer(JsonElement parent, string path, string name, int min, int max, bool required = false)
    {
        if (Member(parent, path, name, required, JsonValueKind.Number, "A whole number.") is not { } element)
            return null;
        if (element.TryGetInt32(out int number) && number >= min && number <= max)
            return number;
        Errors.Add(new FieldError(Join(path, name), $"A whole number from {min} to {max}."));
        return null;
    }

    /// <summary>A boolean member; null when absent, or noted as wrong.</summary>
    public bool? Boolean(JsonElement parent, string path, string name)
    {
        if (!parent.TryGetProperty(name, out JsonElement element))
            return null;
        if (element.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return element.GetBoolean();
        Errors.Add(new FieldError(Join(path, name), "true or false."));
        return null;
    }

    /// <summary>A string member out of a closed set; null when absent, or noted as wrong.</summary>
    public string? OneOf(JsonElement parent, string path, string name, ReadOnlySpan<string> allowed, bool required = false)
    {
        if (Member(parent, path, name, required, JsonValueKind.String, "A string.") is not { } element)
            return null;
        string text = element.GetString()!;
        if (allowed.Contains(text))
            return text;
        Errors.Add(new FieldError(Join(path, name), $"One of: {string.Join(", ", allowed.ToArray())}."));
        return null;
    }

    private JsonElement? Member(JsonElement parent, string path, string name, bool required, JsonValueKind kind, string wanted)
    {
        if (!parent.TryGetProperty(name, out JsonElement element))
        {
            if (required)
                Errors.Add(new FieldError(Join(path, name), "Required."));
            return null;
        }
        if (element.ValueKind == kind)
            return element;
        Errors.Add(new FieldError(Join(path, name), wanted));
        return null;
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static bool IsJson(string? contentType)
    {
        if (contentType is null)
            return false;
        ReadOnlySpan<char> type = contentType;
        int end = type.IndexOf(';');
        ReadOnlySpan<char> media = (end < 0 ? type : type[..end]).Trim();
        if (!media.Equals("application/json", StringComparison.OrdinalIgnoreCase))
            return false;
        return !contentType.Contains("charset", StringComparison.OrdinalIgnoreCase) || contentType.Contains("utf-8", StringComparison.OrdinalIgnoreCase);
    }
}
