using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Amps.Ocpp.Webhooks;

/// <summary>Secrets and signatures as Svix defines them: HMAC-SHA256 over <c>{id}.{timestamp}.{rawBody}</c> (canonical API, section 9).</summary>
public static class WebhookSignature
{
    private const string SecretPrefix = "whsec_";
    private const int SecretBytes = 32;

    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretBytes);

    /// <summary>A secret as its owner is shown it: <c>whsec_</c> and the key in Base64.</summary>
    public static string ToText(ReadOnlySpan<byte> secret) => SecretPrefix + Convert.ToBase64String(secret);

    /// <summary>One signature, <c>v1,BASE64</c>.</summary>
    /// <param name="timestamp">Unix seconds of the attempt.</param>
    public static string Sign(ReadOnlySpan<byte> secret, string messageId, long timestamp, ReadOnlySpan<byte> body)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        mac.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{messageId}.{timestamp}.")));
        mac.AppendData(body);
        return "v1," + Convert.ToBase64String(mac.GetHashAndReset());
    }
}
