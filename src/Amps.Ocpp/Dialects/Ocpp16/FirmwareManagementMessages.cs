using Amps.Ocpp.Dialects.Shapes;
using static Amps.Ocpp.Dialects.Shapes.FieldShape;
using static Amps.Ocpp.Dialects.Shapes.ValueShape;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>Messages of the profile FirmwareManagement (OCPP 1.6 section 6).</summary>
internal static class FirmwareManagementMessages
{
    public static OcppAction[] All { get; } =
    [
        new("DiagnosticsStatusNotification", true, false,
            new MessageShape(
            Needs("status", Advice("Idle", "Uploaded", "UploadFailed", "Uploading"))),
            new MessageShape()),
        new("FirmwareStatusNotification", true, false,
            new MessageShape(
            Needs("status", Advice(
                "Downloaded", "DownloadFailed", "Downloading", "Idle", "InstallationFailed", "Installing", "Installed"))),
            new MessageShape()),
        new("GetDiagnostics", false, true,
            new MessageShape(
            Needs("location", Text()),
            May("retries", Whole),
            May("retryInterval", Whole),
            May("startTime", Time),
            May("stopTime", Time)),
            new MessageShape(
            May("fileName", Text(255)))),
        new("UpdateFirmware", false, true,
            new MessageShape(
            Needs("location", Text()),
            May("retries", Whole),
            Needs("retrieveDate", Time),
            May("retryInterval", Whole)),
            new MessageShape()),
    ];
}
