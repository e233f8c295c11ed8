using Amps.Ocpp.Dialects.Shapes;
using static Amps.Ocpp.Dialects.Shapes.FieldShape;
using static Amps.Ocpp.Dialects.Shapes.ValueShape;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>Messages of the security whitepaper (edition 3, part for 1.6).</summary>
internal static class SecurityMessages
{
    public static OcppAction[] All { get; } =
    [
        new("CertificateSigned", false, true,
            new MessageShape(
            Needs("certificateChain", Text(10000))),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Rejected")))),
        new("DeleteCertificate", false, true,
            new MessageShape(
            Needs("certificateHashData", Object(
                Needs("hashAlgorithm", OneOf("SHA256", "SHA384", "SHA512")),
                Needs("issuerNameHash", Text(128)),
                Needs("issuerKeyHash", Text(128)),
                Needs("serialNumber", Text(40))))),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Failed", "NotFound")))),
        new("ExtendedTriggerMessage", false, true,
            new MessageShape(
            Needs("requestedMessage", OneOf(
                "BootNotification", "LogStatusNotification", "FirmwareStatusNotification", "Heartbeat", "MeterValues",
                "SignChargePointCertificate", "StatusNotification")),
            May("connectorId", Whole)),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Rejected", "NotImplemented")))),
        new("GetInstalledCertificateIds", false, true,
            new MessageShape(
            Needs("certificateType", OneOf("CentralSystemRootCertificate", "ManufacturerRootCertificate"))),
            new MessageShape(
            May("certificateHashData", List(Object(
                Needs("hashAlgorithm", OneOf("SHA256", "SHA384", "SHA512")),
                Needs("issuerNameHash", Text(128)),
                Needs("issuerKeyHash", Text(128)),
                Needs("serialNumber", Text(40))), min: 1)),
            Needs("status", OneOf("Accepted", "NotFound")))),
        new("GetLog", false, true,
            new MessageShape(
            Needs("log", Object(
                Needs("remoteLocation", Text(512)),
                May("oldestTimestamp", Time),
                May("latestTimestamp", Time))),
            Needs("logType", OneOf("DiagnosticsLog", "SecurityLog")),
            Needs("requestId", Whole),
            May("retries", Whole),
            May("retryInterval", Whole)),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Rejected", "AcceptedCanceled")),
            May("filename", Text(255)))),
        new("InstallCertificate", false, true,
            new MessageShape(
            Needs("certificateType", OneOf("CentralSystemRootCertificate", "ManufacturerRootCertificate")),
            Needs("certificate", Text(5500))),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Failed", "Rejected")))),
        new("LogStatusNotification", true, false,
            new MessageShape(
            Needs("status", Advice(
                "BadMessage", "Idle", "NotSupportedOperation", "PermissionDenied", "Uploaded", "UploadFailure", "Uploading")),
            May("requestId", Whole)),
            new MessageShape()),
        new("SecurityEventNotification", true, false,
            new MessageShape(
            Needs("type", Text(50)),
            Needs("timestamp", Time),
            May("techInfo", Text(255))),
            new MessageShape()),
        new("SignCertificate", true, false,
            new MessageShape(
            Needs("csr", Text(5500))),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Rejected")))),
        new("SignedFirmwareStatusNotification", true, false,
            new MessageShape(
            Needs("status", Advice(
                "Downloaded", "DownloadFailed", "Downloading", "DownloadScheduled", "DownloadPaused", "Idle",
                "InstallationFailed", "Installing", "Installed", "InstallRebooting", "InstallScheduled",
                "InstallVerificationFailed", "InvalidSignature", "SignatureVerified")),
            May("requestId", Whole)),
            new MessageShape()),
        new("SignedUpdateFirmware", false, true,
            new MessageShape(
            May("retries", Whole),
            May("retryInterval", Whole),
            Needs("requestId", Whole),
            Needs("firmware", Object(
                Needs("location", Text(512)),
                Needs("retrieveDateTime", Time),
                May("installDateTime", Time),
                Needs("signingCertificate", Text(5500)),
                Needs("signature", Text(800))))),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Rejected", "AcceptedCanceled", "InvalidCertificate", "RevokedCertificate")))),
    ];
}
