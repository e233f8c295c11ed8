namespace Amps.Ocpp.Recording;

/// <summary>Which names of fields, keys and variables stand beside something that nobody may read.</summary>
internal static class SecretNames
{
    private static readonly string[] s_secret = ["AuthorizationKey", "Password", "Passphrase", "Secret", "PrivateKey", "Credential", "ApiKey", "AccessKey", "PresharedKey"];

    public static bool IsSecret(string name) => Array.Exists(s_secret, part => name.Contains(part, StringComparison.OrdinalIgnoreCase));

    /// <summary>Fields that hold an id token: 1.6 idTag and parentIdTag, 2.x idToken and its groups.</summary>
    public static bool IsToken(string name) =>
        name.EndsWith("idTag", StringComparison.OrdinalIgnoreCase) || name.EndsWith("idToken", StringComparison.OrdinalIgnoreCase);

    /// <summary>A vendor's own message that speaks of any of these is not shown.</summary>
    public static bool Mentions(string text) => IsSecret(text) || text.Contains("idTag", StringComparison.OrdinalIgnoreCase) || text.Contains("idToken", StringComparison.OrdinalIgnoreCase);

    /// <summary>Addresses in a text without their user information.</summary>
    public static string WithoutUser(string text)
    {
        int from = 0;
        while (text.IndexOf("://", from, StringComparison.Ordinal) is var scheme && scheme >= 0)
        {
            int start = scheme + 3;
            int end = text.AsSpan(start).IndexOfAny('/', '?', ' ') is var length && length < 0 ? text.Length : start + length;
            int at = text.LastIndexOf('@', end - 1, end - start);
            if (at > 0)
                text = string.Concat(text.AsSpan(0, start), FrameRedactor.Mask, text.AsSpan(at));
            from = start;
        }
        return text;
    }
}
