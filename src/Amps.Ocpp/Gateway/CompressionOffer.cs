using System.Globalization;

namespace Amps.Ocpp.Gateway;

/// <summary>
/// Judges what a client offers in <c>Sec-WebSocket-Extensions</c>: compression is taken only where an offer of
/// permessage-deflate has nothing but the parameters of RFC 7692, each once and with a value it allows (section 7; faults H16).
/// </summary>
internal static class CompressionOffer
{
    private const string Name = "permessage-deflate";
    private const string ClientWithoutContext = "client_no_context_takeover";

    public static bool IsUsable(string? header)
    {
        if (string.IsNullOrEmpty(header))
            return false;
        bool found = false;
        foreach (string offer in header.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] parts = offer.Split(';', StringSplitOptions.TrimEntries);
            if (!parts[0].Equals(Name, StringComparison.OrdinalIgnoreCase))
                continue;
            // One odd offer among good ones is enough to leave it: the framework would not tell them apart.
            if (!AreKnown(parts.AsSpan(1)))
                return false;
            found = true;
        }
        return found;
    }

    /// <summary>
    /// The offers as if each had asked that the client keeps no context: the answer then says so, as a server may whatever was offered
    /// (section 7.1.1.2), and an idle link holds no window of 32 KiB for what the client sends.
    /// </summary>
    public static string WithoutClientContext(string header) => string.Join(", ", header.Split(',', StringSplitOptions.TrimEntries).Select(
        offer => !offer.StartsWith(Name, StringComparison.OrdinalIgnoreCase) || offer.Contains(ClientWithoutContext, StringComparison.OrdinalIgnoreCase)
            ? offer : $"{offer}; {ClientWithoutContext}"));

    private static bool AreKnown(ReadOnlySpan<string> parameters)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (string parameter in parameters)
        {
            int equals = parameter.IndexOf('=');
            string name = equals < 0 ? parameter : parameter[..equals].Trim();
            string? value = equals < 0 ? null : parameter[(equals + 1)..].Trim().Trim('"');
            if (!seen.Add(name) || !IsKnown(name.ToLowerInvariant(), value))
                return false;
        }
        return true;
    }

    private static bool IsKnown(string name, string? value) => name switch
    {
        "server_no_context_takeover" or ClientWithoutContext => value is null,
        "server_max_window_bits" => IsWindow(value),
        "client_max_window_bits" => value is null || IsWindow(value),
        _ => false,
    };

    private static bool IsWindow(string? value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int bits) && bits is >= 8 and <= 15;
}
