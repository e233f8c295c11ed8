namespace Amps.Ocpp.Tls;

/// <summary>What is wrong with a client certificate; the words go into the log and the security event.</summary>
public enum CertificateVerdict
{
    Valid,

    /// <summary>Valid, except that nobody could be asked whether it was revoked.</summary>
    ValidRevocationUnknown,
    NoAuthoritiesConfigured,
    Expired,
    NotYetValid,
    UntrustedIssuer,
    WrongUsage,
    Revoked,
    RevocationUnknown,
    WrongOrganization,
}
