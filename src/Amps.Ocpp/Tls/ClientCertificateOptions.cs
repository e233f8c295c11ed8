using System.Security.Cryptography;

namespace Amps.Ocpp.Tls;

/// <summary>What is done about revoked client certificates.</summary>
public enum RevocationPolicy
{
    /// <summary>Looked for; where neither list nor responder can be reached the certificate counts as good, with an event.</summary>
    Soft,

    /// <summary>Looked for; a certificate whose revocation cannot be checked is refused.</summary>
    Hard,

    /// <summary>Not looked for.</summary>
    Off,
}

/// <summary>Settings of client certificates (<c>Amps:Ocpp:ClientCertificates</c>).</summary>
public sealed record ClientCertificateOptions
{
    /// <summary>PEM of the authorities that issue charge points' certificates; null = no certificate is valid.</summary>
    public string? CaFile { get; init; }

    /// <summary>Why the file of authorities cannot be used; null = it can, or there is none.</summary>
    public string? Problem
    {
        get
        {
            try
            {
                if (CaFile is not null)
                    AuthorityFile.Read(CaFile);
                return null;
            }
            catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
            {
                return e.Message;
            }
        }
    }

    /// <summary>What a certificate's O must say; null = anything.</summary>
    public string? Organization { get; init; }

    public RevocationPolicy Revocation { get; init; } = RevocationPolicy.Soft;

    /// <summary>How long a list or a responder may take.</summary>
    public TimeSpan RevocationTimeout { get; init; } = TimeSpan.FromSeconds(3);
}
