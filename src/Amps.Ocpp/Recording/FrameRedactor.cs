using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Amps.Ocpp.Recording;

/// <summary>
/// Takes secrets out of a frame: values of keys that hold passwords, certificates' private parts, user information in
/// addresses; id tokens keep their first and last two characters. Most frames have nothing of the kind, which a look at the
/// bytes tells without reading them as JSON.
/// </summary>
internal static class FrameRedactor
{
    public const string Mask = "***";

    private static readonly JsonWriterOptions s_writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The frame itself where it holds no secret, else a copy without.</summary>
    public static ReadOnlySpan<byte> Redact(ReadOnlySpan<byte> frame)
    {
        if (!MayHoldSecret(frame))
            return frame;
        var buffer = new ArrayBufferWriter<byte>(frame.Length + 64);
        try
        {
            using var writer = new Utf8JsonWriter(buffer, s_writing);
            Rewrite(frame, writer);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What cannot be read cannot be masked either.
            buffer.Clear();
            buffer.Write(Encoding.UTF8.GetBytes($"(a message of {frame.Length} bytes that is no JSON and may hold a secret)"));
        }
        return buffer.WrittenSpan;
    }

    /// <summary>Shows enough of an id token to tell two apart.</summary>
    public static string MaskToken(string token) =>
        token.Length <= 6 ? new string('*', token.Length) : string.Concat(token.AsSpan(0, 2), new string('*', token.Length - 4), token.AsSpan(token.Length - 2));

    private static bool MayHoldSecret(ReadOnlySpan<byte> frame) =>
        frame.IndexOf("idT"u8) >= 0 || frame.IndexOf("\"key\""u8) >= 0 || frame.IndexOf("\\"u8) >= 0 || frame.IndexOf("://"u8) >= 0
        || frame.IndexOf("ariable"u8) >= 0 || frame.IndexOf("assword"u8) >= 0 || frame.IndexOf("ecret"u8) >= 0 || frame.IndexOf("PRIVATE"u8) >= 0
        || frame.IndexOf("\"data\""u8) >= 0 || frame.IndexOf("uthorizationKey"u8) >= 0 || frame.IndexOf("IdTag"u8) >= 0;

    private static void Rewrite(ReadOnlySpan<byte> frame, Utf8JsonWriter writer)
    {
        var reader = new Utf8JsonReader(frame, new JsonReaderOptions { MaxDepth = 64 });
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        Write(document.RootElement, name: "", isSecret: false, writer);
    }

    private static void Write(JsonElement element, string name, bool isSecret, Utf8JsonWriter writer)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                bool holdsSecret = NamesSecret(element);
                writer.WriteStartObject();
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    writer.WritePropertyName(property.Name);
                    bool isValue = property.Name is "value" or "attributeValue" or "actualValue" or "variableAttribute";
                    Write(property.Value, property.Name, isSecret || (isValue && holdsSecret) || SecretNames.IsSecret(property.Name), writer);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement item in element.EnumerateArray())
                    Write(item, name, isSecret, writer);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(isSecret ? Mask : Clean(element.GetString()!, name));
                break;
            default:
                if (isSecret)
                    writer.WriteStringValue(Mask);
                else
                    element.WriteTo(writer);
                break;
        }
    }

    /// <summary>A key or variable beside whose name the value lies (ChangeConfiguration, GetConfiguration, SetVariables, GetVariables, NotifyReport, NotifyEvent).</summary>
    private static bool NamesSecret(JsonElement pair) =>
        (pair.TryGetProperty("key", out JsonElement key) && key.ValueKind == JsonValueKind.String && SecretNames.IsSecret(key.GetString()!))
        || (pair.TryGetProperty("variable", out JsonElement variable) && variable.ValueKind == JsonValueKind.Object
            && variable.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String && SecretNames.IsSecret(name.GetString()!));

    private static string Clean(string text, string name) =>
        SecretNames.IsToken(name) ? MaskToken(text)
        : text.Contains("PRIVATE KEY", StringComparison.Ordinal) || (name == "data" && SecretNames.Mentions(text)) ? Mask
        : SecretNames.WithoutUser(text);
}
