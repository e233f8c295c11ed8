using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Tls;
using Microsoft.AspNetCore.Http.Features;

namespace Amps.Ocpp.Gateway;

/// <summary>How a handshake proved whose it is.</summary>
public enum Proof
{
    /// <summary>Refused; the answer is written.</summary>
    None,

    /// <summary>Nothing had to be proved.</summary>
    NotNeeded,

    /// <summary>A password or a client certificate.</summary>
    Credential,
}

/// <summary>
/// Whether a handshake is the charge point's own, by its security profile: 1 password, 2 password over TLS, 3 client certificate.
/// A charge point never connects with less than it was given (charger behaviour, section 2; faults, section S).
/// </summary>
public sealed class Authentication(
    ChargePointDirectory directory, Passwords passwords, ClientCertificateJudge judge, SecurityEvents events, TimeProvider time)
{
    private readonly FailureLimiter _failures = new(time);

    /// <summary>Judges a handshake; where it is refused the answer is written.</summary>
    public async ValueTask<Proof> CheckAsync(HttpContext context, ChargePointId id, ChargePointRecord? record)
    {
        if (record is null)
            return Proof.NotNeeded;
        int profile = ProfileOf(record);
        string address = AddressOf(context);
        if (profile >= 2 && context.Features.Get<ITlsConnectionFeature>() is null)
            return Refuse(context, id, SecurityEventTypes.SecurityProfileTooLow, $"profile {profile} without TLS");
        if (profile >= 3)
            return await CheckCertificateAsync(context, id, record);
        BasicCredentials? presented = BasicCredentials.Read(context.Request.Headers.Authorization);
        if (profile == 0 && (presented is null || record.NextPasswords.IsEmpty))
            return Proof.NotNeeded;
        if (_failures.Wait(id.Value.ToUpperInvariant(), address) is var wait && wait > TimeSpan.Zero)
            return RefuseFor(context, wait);
        bool named = presented is { } user && ChargePointId.TryParse(user.User, out ChargePointId claimed) && claimed == id;
        PasswordHash? used = passwords.Find(presented?.Password ?? [], record);
        if (named && used is not null)
        {
            _failures.Succeeded(id.Value.ToUpperInvariant(), address);
            if (!ReferenceEquals(used, record.Password))
                await PromoteAsync(id, used, address, context.RequestAborted);
            return Proof.Credential;
        }
        // Without a profile a wrong password is as good as none.
        if (profile == 0)
            return Proof.NotNeeded;
        if (context.Request.Headers.Authorization.Count > 0 && _failures.Failed(id.Value.ToUpperInvariant(), address))
            events.Found(id, SecurityEventTypes.TooManyFailures, address, null);
        return Refuse(context, id, SecurityEventTypes.AuthenticationFailed, presented is null ? "no password" : named ? "wrong password" : "another user name");
    }

    /// <summary>An identity nobody registered was tried; whoever tries many of them has to wait.</summary>
    /// <returns>False = refused, the answer is written.</returns>
    public bool NoteUnknown(HttpContext context, ChargePointId id)
    {
        string address = AddressOf(context);
        if (_failures.Wait(id.Value.ToUpperInvariant(), address) is var wait && wait > TimeSpan.Zero)
        {
            RefuseFor(context, wait);
            return false;
        }
        if (_failures.Failed(id.Value.ToUpperInvariant(), address))
            events.Found(null, SecurityEventTypes.TooManyFailures, address, "unknown identities");
        return true;
    }

    /// <summary>What the charge point must prove at least.</summary>
    private static int ProfileOf(ChargePointRecord record)
    {
        int least = record.Password is not null ? 1 : record.Configuration.ClientCertificates is not null ? 3 : 0;
        return record.Configuration.SecurityProfile is { } set ? Math.Max(set, record.Password is not null ? 1 : 0) : least;
    }

    private async ValueTask<Proof> CheckCertificateAsync(HttpContext context, ChargePointId id, ChargePointRecord record)
    {
        X509Certificate2? certificate = context.Connection.ClientCertificate;
        X509Certificate2Collection intermediates = context.Features.Get<PresentedChain>()?.Take() ?? [];
        if (certificate is null)
            return Refuse(context, id, SecurityEventTypes.SecurityProfileTooLow, "profile 3 without a client certificate");
        CertificateVerdict verdict = await judge.JudgeAsync(certificate, intermediates, context.RequestAborted);
        if (verdict is not (CertificateVerdict.Valid or CertificateVerdict.ValidRevocationUnknown))
            return Refuse(context, id, SecurityEventTypes.InvalidChargePointCertificate, $"{verdict}: {certificate.Subject}");
        if (!StandsFor(certificate, id, record.Configuration.ClientCertificates))
            return Refuse(context, id, SecurityEventTypes.InvalidChargePointCertificate, $"stands for another: {certificate.Subject}");
        if (verdict == CertificateVerdict.ValidRevocationUnknown)
            events.Found(id, SecurityEventTypes.RevocationUnknown, AddressOf(context), certificate.Subject);
        return Proof.Credential;
    }

    private static bool StandsFor(X509Certificate2 certificate, ChargePointId id, ClientCertificates? mapped)
    {
        if (mapped is null)
            return DistinguishedNames.Values(certificate.SubjectName, DistinguishedNames.CommonName).Any(name => ChargePointId.TryParse(name, out ChargePointId named) && named == id);
        return mapped.Thumbprints.Contains(certificate.GetCertHashString(HashAlgorithmName.SHA256), StringComparer.OrdinalIgnoreCase)
            || mapped.Thumbprints.Contains(certificate.Thumbprint, StringComparer.OrdinalIgnoreCase)
            || mapped.Subjects.Any(subject => DistinguishedNames.AreSame(certificate.SubjectName, subject));
    }

    /// <summary>The charge point uses a password that was on its way: from now on it is the only one.</summary>
    private async Task PromoteAsync(ChargePointId id, PasswordHash used, string address, CancellationToken cancellationToken)
    {
        try
        {
            await directory.ChangeAsync(id, record => record is null || !record.NextPasswords.Contains(used) ? record : record with { Password = used, NextPasswords = [] }, cancellationToken);
            events.Found(id, SecurityEventTypes.PasswordChanged, address, null);
        }
        catch (StorageUnavailableException)
        {
            // The old one stays valid until the next time.
        }
    }

    private Proof Refuse(HttpContext context, ChargePointId id, string type, string reason)
    {
        events.Found(id, type, AddressOf(context), reason);
        context.Response.Headers.WWWAuthenticate = "Basic realm=\"ocpp\"";
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Proof.None;
    }

    private static Proof RefuseFor(HttpContext context, TimeSpan wait)
    {
        context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        return Proof.None;
    }

    private static string AddressOf(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } address)
            return "";
        // Written by hand, since an address keeps the string it was asked for.
        Span<char> text = stackalloc char[64];
        bool isWritten = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).TryFormat(text, out int length);
        return isWritten ? SharedText.Of(text[..length]) : "";
    }
}
