using System.Runtime.InteropServices;

namespace Amps.Ocpp.Mqtt.Native;

/// <summary>Texts of the library for its error codes and for reason codes of MQTT 5.</summary>
internal static unsafe class NativeText
{
    public static string OfError(int error) => Text(LibMosquitto.ErrorText(error));

    public static string OfReason(int reason) => $"{Text(LibMosquitto.ReasonText(reason))} (0x{reason:X2})";

    public static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
