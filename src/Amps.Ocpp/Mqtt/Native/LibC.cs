using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Amps.Ocpp.Mqtt.Native;

/// <summary>System calls of Linux that .NET does not offer.</summary>
internal static unsafe partial class LibC
{
    public const short PollIn = 0x1;
    public const short PollOut = 0x4;
    public const int SignalTerminate = 15;
    private const int EventFdCloseOnExecNonBlocking = 0x80800;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    public static int NewEvent() => EventFd(0, EventFdCloseOnExecNonBlocking);

    [LibraryImport("libc", EntryPoint = "poll")]
    public static partial int Poll(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "read")]
    public static partial nint Read(SafeFileHandle descriptor, ulong* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write")]
    public static partial nint Write(SafeFileHandle descriptor, ulong* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "kill")]
    public static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "free")]
    public static partial void Free(void* memory);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial int EventFd(uint initial, int flags);
}
