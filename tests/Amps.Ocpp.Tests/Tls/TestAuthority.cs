using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Amps.Ocpp.Tests.Tls;

/// <summary>What a certificate of a test says.</summary>
public sealed record TestSubject(string CommonName)
{
    public string? Organization { get; init; } = "CPO";

    public bool Rsa { get; init; }

    public DateTimeOffset NotBefore { get; init; } = DateTimeOffset.UtcNow.AddDays(-1);

    public DateTimeOffset NotAfter { get; init; } = DateTimeOffset.UtcNow.AddDays(30);

    public string Usage { get; init; } = "1.3.6.1.5.5.7.3.2";

    public string? RevocationList { get; init; }
}

/// <summary>An authority that issues certificates for tests, and revokes them.</summary>
public sealed class TestAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;

    public TestAuthority(string name = "Test authority")
    {
        var request = new CertificateRequest($"CN={name} {Guid.NewGuid():N}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-2), DateTimeOffset.UtcNow.AddYears(2));
    }

    public X509Certificate2 Certificate => _certificate;

    /// <summary>A charge point's certificate with its key.</summary>
    public X509Certificate2 Issue(TestSubject subject) => Issue(subject, static _ => { });

    /// <summary>A server's certificate and key for 127.0.0.1, as PEM files that replace those of that name at once.</summary>
    public (string Certificate, string Key) WriteServer(string directory, string name, bool rsa = false, string commonName = "127.0.0.1")
    {
        using X509Certificate2 certificate = Issue(
            new TestSubject(commonName) { Rsa = rsa, Usage = "1.3.6.1.5.5.7.3.1" },
            request =>
            {
                var names = new SubjectAlternativeNameBuilder();
                names.AddIpAddress(IPAddress.Loopback);
                request.CertificateExtensions.Add(names.Build());
            });
        (string, string) files = (Path.Combine(directory, name + ".pem"), Path.Combine(directory, name + ".key"));
        Replace(files.Item2, (rsa ? certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem() : certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()));
        Replace(files.Item1, certificate.ExportCertificatePem() + "\n" + _certificate.ExportCertificatePem());
        return files;
    }

    /// <summary>The authority as a PEM file.</summary>
    public string Write(string directory)
    {
        string file = Path.Combine(directory, "ca.pem");
        Replace(file, _certificate.ExportCertificatePem());
        return file;
    }

    /// <summary>A list of revoked certificates, good for a day.</summary>
    public byte[] RevocationList(params X509Certificate2[] revoked)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (X509Certificate2 certificate in revoked)
            list.AddEntry(certificate);
        return list.Build(_certificate, 1, DateTimeOffset.UtcNow.AddDays(1), HashAlgorithmName.SHA256);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }

    /// <summary>A certificate that its own key signed.</summary>
    public static X509Certificate2 SelfSigned(string commonName)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Storable(new CertificateRequest($"CN={commonName}, O=CPO", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30)));
    }

    private X509Certificate2 Issue(TestSubject subject, Action<CertificateRequest> add)
    {
        string name = $"CN={subject.CommonName}" + (subject.Organization is null ? "" : $", O={subject.Organization}");
        using RSA? rsa = subject.Rsa ? RSA.Create(2048) : null;
        using ECDsa? ecdsa = subject.Rsa ? null : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = rsa is not null
            ? new CertificateRequest(name, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(name, ecdsa!, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(subject.Usage)], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (subject.RevocationList is { } url)
            request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([url]));
        add(request);
        using X509Certificate2 signed = request.Create(_certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), subject.NotBefore, subject.NotAfter, RandomNumberGenerator.GetBytes(8));
        return Storable(rsa is not null ? signed.CopyWithPrivateKey(rsa) : signed.CopyWithPrivateKey(ecdsa!));
    }

    /// <summary>With a key that any TLS implementation can use.</summary>
    private static X509Certificate2 Storable(X509Certificate2 certificate)
    {
        using (certificate)
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    private static void Replace(string file, string text)
    {
        File.WriteAllText(file + ".new", text);
        File.Move(file + ".new", file, overwrite: true);
    }
}
