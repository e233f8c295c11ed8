namespace Amps.Ocpp.Chargers;

/// <summary>Types of security events: the standard's names (security whitepaper, edition 3), and what else this service finds.</summary>
public static class SecurityEventTypes
{
    /// <summary>Wrong or missing password, or another charge point's user name.</summary>
    public const string AuthenticationFailed = "ChargePointFailedToAuthenticate";

    /// <summary>A client certificate that is not valid, or stands for somebody else.</summary>
    public const string InvalidChargePointCertificate = "InvalidChargePointCertificate";

    /// <summary>The revocation of a client certificate could not be checked.</summary>
    public const string RevocationUnknown = "RevocationUnknown";

    /// <summary>A lower security profile than the charge point has.</summary>
    public const string SecurityProfileTooLow = "SecurityProfileTooLow";

    public const string InvalidTlsVersion = "InvalidTLSVersion";

    /// <summary>A handshake that did not end: cipher suite, time-out, no TLS at all.</summary>
    public const string TlsHandshakeFailed = "TLSHandshakeFailed";

    /// <summary>Guessing of passwords was slowed down.</summary>
    public const string TooManyFailures = "TooManyAuthenticationFailures";

    /// <summary>A charge point used its new password for the first time.</summary>
    public const string PasswordChanged = "PasswordChanged";

    private static readonly HashSet<string> s_standard = new(StringComparer.Ordinal)
    {
        "FirmwareUpdated", "FailedToAuthenticateAtCentralSystem", "CentralSystemFailedToAuthenticate", "FailedToAuthenticateAtCsms", "CsmsFailedToAuthenticate",
        "SettingSystemTime", "StartupOfTheDevice", "ResetOrReboot", "SecurityLogWasCleared", "ReconfigurationOfSecurityParameters", "MemoryExhaustion",
        "InvalidMessages", "AttemptedReplayAttacks", "TamperDetectionActivated", "InvalidFirmwareSignature", "InvalidFirmwareSigningCertificate",
        "InvalidCentralSystemCertificate", "InvalidCsmsCertificate", "InvalidChargingStationCertificate", InvalidChargePointCertificate, InvalidTlsVersion,
        "InvalidTLSCipherSuite",
    };

    /// <summary>The name if it is the standard's, else <c>other</c>.</summary>
    internal static string NameOf(string type) => s_standard.Contains(type) ? type : "other";
}
