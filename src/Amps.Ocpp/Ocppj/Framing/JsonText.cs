using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Amps.Ocpp.Ocppj.Framing;

/// <summary>JSON strings without their quotes.</summary>
internal static class JsonText
{
    /// <summary>Escapes a text; what is no valid UTF-16 becomes U+FFFD.</summary>
    public static ReadOnlyMemory<byte> Escape(string text) =>
        JsonEncodedText.Encode(Encoding.UTF8.GetBytes(text), JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.ToArray();

    /// <summary>Reads a text that <see cref="Escape"/> or a parser found to be well-formed.</summary>
    public static string Unescape(ReadOnlySpan<byte> escaped)
    {
        if (escaped.IndexOf((byte)'\\') < 0)
        {
            return Encoding.UTF8.GetString(escaped);
        }

        byte[] quoted = [(byte)'"', .. escaped, (byte)'"'];
        var reader = new Utf8JsonReader(quoted);
        reader.Read();
        return reader.GetString()!;
    }

    /// <summary>Cuts a text to so many UTF-16 units without leaving half a character.</summary>
    public static string Cut(string text, int units)
    {
        if (text.Length <= units)
        {
            return text;
        }

        return char.IsHighSurrogate(text[units - 1]) ? text[..(units - 1)] : text[..units];
    }
}
