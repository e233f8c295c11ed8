using System.Security.Cryptography;
using System.Text;

namespace Amps.Ocpp.Webhooks;

/// <summary>
/// Seals signing secrets for the store by AES-256-GCM, bound to their endpoint. The key lies beside the database in a file of its
/// own, readable by the service's user alone, so that a copy of the database alone signs nothing.
/// </summary>
public sealed class SecretVault(WebhooksOptions options)
{
    private const int KeyBytes = 32;
    private static readonly int s_nonceBytes = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int s_tagBytes = AesGcm.TagByteSizes.MaxSize;
    private readonly Lazy<byte[]> _key = new(() => TakeKey(Path.Combine(options.DataDirectory, FileName)));

    public const string FileName = "webhooks.key";

    /// <summary>Reads the key, or makes one where there is none.</summary>
    /// <exception cref="IOException">The file is not a key, or cannot be read or written.</exception>
    public void Open() => _ = _key.Value;

    public byte[] Seal(string endpointId, ReadOnlySpan<byte> secret)
    {
        byte[] sealedSecret = new byte[s_nonceBytes + s_tagBytes + secret.Length];
        Span<byte> nonce = sealedSecret.AsSpan(0, s_nonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(_key.Value, s_tagBytes);
        cipher.Encrypt(
            nonce, secret, sealedSecret.AsSpan(s_nonceBytes + s_tagBytes), sealedSecret.AsSpan(s_nonceBytes, s_tagBytes), Encoding.UTF8.GetBytes(endpointId));
        return sealedSecret;
    }

    /// <summary>The secret, or null when it was not sealed with this key for this endpoint.</summary>
    public byte[]? Unseal(string endpointId, ReadOnlySpan<byte> sealedSecret)
    {
        if (sealedSecret.Length < s_nonceBytes + s_tagBytes)
            return null;
        byte[] secret = new byte[sealedSecret.Length - s_nonceBytes - s_tagBytes];
        using var cipher = new AesGcm(_key.Value, s_tagBytes);
        try
        {
            cipher.Decrypt(
                sealedSecret[..s_nonceBytes], sealedSecret[(s_nonceBytes + s_tagBytes)..], sealedSecret.Slice(s_nonceBytes, s_tagBytes), secret,
                Encoding.UTF8.GetBytes(endpointId));
            return secret;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static byte[] TakeKey(string path)
    {
        if (!File.Exists(path))
            MakeKey(path);
        byte[] key = File.ReadAllBytes(path);
        return key.Length == KeyBytes ? key : throw new IOException($"{path} is not a key of {KeyBytes} bytes.");
    }

    private static void MakeKey(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        // Written whole under another name first: a start killed half way leaves no half key behind.
        string draft = $"{path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(draft, options))
        {
            file.Write(RandomNumberGenerator.GetBytes(KeyBytes));
            file.Flush(flushToDisk: true);
        }
        try
        {
            File.Move(draft, path);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another node that starts at the same time was faster: its key is everybody's.
            File.Delete(draft);
        }
    }
}
