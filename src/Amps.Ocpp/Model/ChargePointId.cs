using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Amps.Ocpp.Model;

/// <summary>
/// Identity of a charge point: the last segment of its WebSocket URL, percent-decoded once. 1–48 characters,
/// letters, digits, <c>* - _ = + | @ .</c> and, for OCPP 1.6, a blank; compared without regard to case
/// (OCPP 2.0.1 part 2, identifierString; OCPP-J 1.6 section 3.1.1). The spelling first seen is kept for display.
/// </summary>
public readonly struct ChargePointId : IEquatable<ChargePointId>
{
    private const int MaxLength = 48;
    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-_=+|@. ");

    private ChargePointId(string value) => Value = value;

    /// <summary>The identity as it is written.</summary>
    public string Value { get; }

    /// <summary>
    /// The identity as one MQTT topic level: upper case, every character other than a letter, a digit, <c>-</c>, <c>_</c>
    /// and <c>.</c> as <c>%XX</c>, so that no identity can become a wildcard and two spellings share one topic.
    /// </summary>
    public string TopicLevel
    {
        get
        {
            var text = new StringBuilder(Value.Length);
            foreach (char c in Value.ToUpperInvariant())
            {
                if (char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
                    text.Append(c);
                else
                    text.Append('%').Append(((int)c).ToString("X2"));
            }
            return text.ToString();
        }
    }

    /// <summary>Reads an identity in clear; false when it is empty, too long, or has a character outside the set.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ChargePointId id)
    {
        id = default;
        if (text is null || text.Length is 0 or > MaxLength || text is "." or ".." || text.AsSpan().ContainsAnyExcept(Allowed))
            return false;
        if (text[0] == ' ' || text[^1] == ' ')
            return false;
        id = new ChargePointId(text);
        return true;
    }

    /// <summary>
    /// Reads an identity as it stands in a raw request target: percent escapes are decoded exactly once to bytes,
    /// which must be UTF-8; a broken escape, an encoded separator or control character is refused.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<char> segment, out ChargePointId id)
    {
        id = default;
        if (segment.Length is 0 or > MaxLength * 3)
            return false;
        Span<byte> bytes = stackalloc byte[MaxLength * 3];
        int length = 0;
        for (int i = 0; i < segment.Length; i++)
        {
            char c = segment[i];
            if (c != '%')
            {
                if (c > 0x7F)
                    return false;
                bytes[length++] = (byte)c;
                continue;
            }
            if (i + 2 >= segment.Length || !char.IsAsciiHexDigit(segment[i + 1]) || !char.IsAsciiHexDigit(segment[i + 2]))
                return false;
            bytes[length++] = (byte)((Convert.ToInt32(segment[i + 1].ToString(), 16) << 4) | Convert.ToInt32(segment[i + 2].ToString(), 16));
            i += 2;
        }
        // Every allowed character is ASCII, so whatever is not valid UTF-8 or not ASCII fails here at the latest.
        return TryParse(Encoding.Latin1.GetString(bytes[..length]), out id);
    }

    public bool Equals(ChargePointId other) => string.Equals(Value, other.Value, StringComparison.OrdinalIgnoreCase);

    public override bool Equals(object? obj) => obj is ChargePointId other && Equals(other);

    public override int GetHashCode() => Value is null ? 0 : Value.GetHashCode(StringComparison.OrdinalIgnoreCase);

    public override string ToString() => Value;

    public static bool operator ==(ChargePointId left, ChargePointId right) => left.Equals(right);

    public static bool operator !=(ChargePointId left, ChargePointId right) => !left.Equals(right);
}
