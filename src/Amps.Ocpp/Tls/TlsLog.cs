namespace Amps.Ocpp.Tls;

/// <summary>What the room writes to the log.</summary>
internal static partial class TlsLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Endpoint {Endpoint} shows the certificate {Subject}, good until {NotAfter}")]
    public static partial void Loaded(ILogger logger, string endpoint, string subject, DateTime notAfter);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Endpoint {Endpoint}: {File} changed and cannot be used, the certificate before stays: {Reason}")]
    public static partial void NotReloaded(ILogger logger, string endpoint, string file, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} changed and cannot be used, the authorities before stay: {Reason}")]
    public static partial void AuthoritiesNotReloaded(ILogger logger, string file, string reason);
}
