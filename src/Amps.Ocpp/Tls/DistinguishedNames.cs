using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Amps.Ocpp.Tls;

/// <summary>Reads subjects of certificates (RFC 5280 section 4.1.2.4) by value, whatever string type they are encoded with.</summary>
public static class DistinguishedNames
{
    public const string CommonName = "2.5.4.3";
    public const string Organization = "2.5.4.10";

    /// <summary>The values of one kind, e.g. the common names.</summary>
    public static IEnumerable<string> Values(X500DistinguishedName name, string kind) =>
        Parts(name).Where(part => part.Kind == kind).Select(part => part.Value);

    /// <summary>Both name the same subject: the same parts in the same order, upper and lower case alike.</summary>
    public static bool AreSame(X500DistinguishedName name, string text) =>
        TryParse(text) is { } other && Parts(name).SequenceEqual(Parts(other));

    /// <summary>The subject that a text like <c>CN=A, O=B</c> names; null when it names none.</summary>
    public static X500DistinguishedName? TryParse(string text)
    {
        try
        {
            return new X500DistinguishedName(text);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static IEnumerable<(string Kind, string Value)> Parts(X500DistinguishedName name)
    {
        foreach (X500RelativeDistinguishedName part in name.EnumerateRelativeDistinguishedNames())
        {
            // Parts of several attributes are not issued to charge points and match nothing.
            if (!part.HasMultipleElements && part.GetSingleElementValue() is { } value)
                yield return (part.GetSingleElementType().Value ?? "", value.ToUpperInvariant());
        }
    }
}
