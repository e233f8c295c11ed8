using System.Text;
using Microsoft.Extensions.Primitives;

namespace Amps.Ocpp.Gateway;

/// <summary>User and password of a Basic header (RFC 7617), the password as bytes: a 1.6 key may be any bytes, so it is split at the first colon.</summary>
internal readonly record struct BasicCredentials(string User, byte[] Password)
{
    private const int MaxLength = 1024;

    /// <summary>Reads the header; null when it is absent, doubled, too long or malformed.</summary>
    public static BasicCredentials? Read(StringValues header)
    {
        if (header.Count != 1 || header[0] is not { Length: <= MaxLength } value || !value.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return null;
        Span<byte> bytes = stackalloc byte[MaxLength];
        if (!Convert.TryFromBase64String(value[6..].Trim(), bytes, out int length))
            return null;
        Span<byte> decoded = bytes[..length];
        int colon = decoded.IndexOf((byte)':');
        if (colon < 0)
            return null;
        return new BasicCredentials(Encoding.UTF8.GetString(decoded[..colon]), decoded[(colon + 1)..].ToArray());
    }
}
