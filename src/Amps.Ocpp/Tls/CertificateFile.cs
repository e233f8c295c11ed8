using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Amps.Ocpp.Tls;

/// <summary>Where a certificate of this service lies, in the framework's own words (<c>Path</c>, <c>KeyPath</c>, <c>Password</c> of a <c>Certificate</c> section).</summary>
/// <param name="Path">PEM with the chain, or PKCS #12.</param>
/// <param name="KeyPath">PEM of the private key; null = it is in the first file.</param>
/// <param name="Password">Of the key; null = none.</param>
public sealed record CertificateFile(string Path, string? KeyPath, string? Password)
{
    /// <summary>What changes when the files do.</summary>
    internal (DateTime, long, DateTime) Stamp => (
        File.GetLastWriteTimeUtc(Path), File.Exists(Path) ? new FileInfo(Path).Length : 0, KeyPath is null ? default : File.GetLastWriteTimeUtc(KeyPath));

    /// <exception cref="CryptographicException">It cannot be read, or the key is another's.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    internal SslStreamCertificateContext Load()
    {
        X509Certificate2Collection all = IsPem() ? LoadPem() : X509CertificateLoader.LoadPkcs12CollectionFromFile(Path, Password);
        X509Certificate2 own = all.FirstOrDefault(certificate => certificate.HasPrivateKey)
            ?? throw new CryptographicException("There is no private key with the certificate.");
        return SslStreamCertificateContext.Create(own, all, offline: true);
    }

    public override string ToString() => Path;

    private bool IsPem() => KeyPath is not null || File.ReadAllText(Path).Contains("-----BEGIN ", StringComparison.Ordinal);

    private X509Certificate2Collection LoadPem()
    {
        X509Certificate2 own = LoadPair();
        var all = new X509Certificate2Collection();
        all.ImportFromPemFile(Path);
        if (all.Count > 0)
            all.RemoveAt(0);
        all.Insert(0, own);
        return all;
    }

    private X509Certificate2 LoadPair()
    {
        try
        {
            return Password is null ? X509Certificate2.CreateFromPemFile(Path, KeyPath) : X509Certificate2.CreateFromEncryptedPemFile(Path, Password, KeyPath);
        }
        catch (ArgumentException e)
        {
            throw new CryptographicException("The key is another certificate's.", e);
        }
    }
}
