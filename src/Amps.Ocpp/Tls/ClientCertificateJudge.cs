using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Amps.Ocpp.Tls;

/// <summary>
/// Whether a client certificate is valid: chain to a configured authority, time, usage, revocation, organization (faults S13, S15).
/// For whom it stands is not judged here. The file of authorities is read again when it changed.
/// </summary>
public sealed class ClientCertificateJudge(ClientCertificateOptions options, TimeProvider time, ILogger<ClientCertificateJudge> logger)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string DistributionPoints = "2.5.29.31";
    private const string AuthorityAccess = "1.3.6.1.5.5.7.1.1";
    private const int MaxSilent = 100;
    private static readonly TimeSpan s_silence = TimeSpan.FromMinutes(1);

    private readonly AuthorityFile? _authorities = options.CaFile is { } file ? new AuthorityFile(file, time, logger) : null;

    // Lists and responders are fetched on the thread that asks.
    private readonly SemaphoreSlim _fetching = new(4);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _silentUntil = new(StringComparer.Ordinal);

    /// <summary>Judges a certificate with the intermediate ones shown beside it.</summary>
    public async ValueTask<CertificateVerdict> JudgeAsync(X509Certificate2 certificate, X509Certificate2Collection intermediates, CancellationToken cancellationToken)
    {
        if (_authorities is null)
            return CertificateVerdict.NoAuthoritiesConfigured;
        CertificateVerdict verdict = Build(certificate, intermediates, X509RevocationMode.NoCheck);
        if (verdict != CertificateVerdict.Valid || options.Revocation == RevocationPolicy.Off)
            return verdict;
        // Where the certificate names no place to ask there is nothing to be unreachable.
        if (!certificate.Extensions.Any(extension => extension.Oid?.Value is DistributionPoints or AuthorityAccess))
            return options.Revocation == RevocationPolicy.Hard ? CertificateVerdict.RevocationUnknown : verdict;
        return await CheckRevocationAsync(certificate, intermediates, cancellationToken) is var found && found == CertificateVerdict.RevocationUnknown && options.Revocation == RevocationPolicy.Soft
            ? CertificateVerdict.ValidRevocationUnknown
            : found;
    }

    private async Task<CertificateVerdict> CheckRevocationAsync(X509Certificate2 certificate, X509Certificate2Collection intermediates, CancellationToken cancellationToken)
    {
        string issuer = certificate.Issuer;
        if (IsSilent(issuer))
            return CertificateVerdict.RevocationUnknown;
        await _fetching.WaitAsync(cancellationToken);
        try
        {
            if (IsSilent(issuer))
                return CertificateVerdict.RevocationUnknown;
            CertificateVerdict verdict = await Task.Run(() => Build(certificate, intermediates, X509RevocationMode.Online), cancellationToken);
            if (verdict == CertificateVerdict.RevocationUnknown && _silentUntil.Count < MaxSilent)
                _silentUntil[issuer] = time.GetUtcNow() + s_silence;
            else
                _silentUntil.TryRemove(issuer, out _);
            return verdict;
        }
        finally
        {
            _fetching.Release();
        }
    }

    /// <summary>Nobody answered for this issuer a moment ago; a fleet that reconnects must not wait for it one by one.</summary>
    private bool IsSilent(string issuer) => _silentUntil.TryGetValue(issuer, out DateTimeOffset until) && until > time.GetUtcNow();

    private CertificateVerdict Build(X509Certificate2 certificate, X509Certificate2Collection intermediates, X509RevocationMode revocation)
    {
        DateTimeOffset now = time.GetUtcNow();
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities!.Current);
        chain.ChainPolicy.ExtraStore.AddRange(intermediates);
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.RevocationMode = revocation;
        chain.ChainPolicy.UrlRetrievalTimeout = options.RevocationTimeout;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        bool valid = chain.Build(certificate);
        X509ChainStatusFlags found = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, status) => all | status.Status);
        if (valid)
            return IsOurs(certificate) ? CertificateVerdict.Valid : CertificateVerdict.WrongOrganization;
        return found switch
        {
            _ when found.HasFlag(X509ChainStatusFlags.Revoked) => CertificateVerdict.Revoked,
            _ when found.HasFlag(X509ChainStatusFlags.PartialChain) || found.HasFlag(X509ChainStatusFlags.UntrustedRoot) || found.HasFlag(X509ChainStatusFlags.NotSignatureValid) =>
                CertificateVerdict.UntrustedIssuer,
            _ when found.HasFlag(X509ChainStatusFlags.NotTimeValid) => now.UtcDateTime < certificate.NotBefore.ToUniversalTime() ? CertificateVerdict.NotYetValid : CertificateVerdict.Expired,
            _ when found.HasFlag(X509ChainStatusFlags.NotValidForUsage) => CertificateVerdict.WrongUsage,
            _ when (found & ~(X509ChainStatusFlags.RevocationStatusUnknown | X509ChainStatusFlags.OfflineRevocation)) == X509ChainStatusFlags.NoError => CertificateVerdict.RevocationUnknown,
            _ => CertificateVerdict.UntrustedIssuer,
        };
    }

    private bool IsOurs(X509Certificate2 certificate) =>
        options.Organization is not { } wanted || DistinguishedNames.Values(certificate.SubjectName, DistinguishedNames.Organization).Contains(wanted, StringComparer.OrdinalIgnoreCase);
}
