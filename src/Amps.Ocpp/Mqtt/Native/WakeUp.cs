using Microsoft.Win32.SafeHandles;

namespace Amps.Ocpp.Mqtt.Native;

/// <summary>Ends the network thread's wait. Many signals between two waits cost one system call.</summary>
internal sealed unsafe class WakeUp : IDisposable
{
    // A safe handle, because a late signal must never write into a descriptor that the number was given to since.
    private readonly SafeFileHandle _handle = new(LibC.NewEvent(), ownsHandle: true);
    private int _signalled;

    public int Descriptor => (int)_handle.DangerousGetHandle();

    public void Signal()
    {
        if (Interlocked.Exchange(ref _signalled, 1) != 0)
            return;
        ulong one = 1;
        try
        {
            _ = LibC.Write(_handle, &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
    }

    /// <summary>To be called before looking for work, so that a signal given meanwhile is seen by the next wait.</summary>
    public void Clear()
    {
        if (Volatile.Read(ref _signalled) == 0)
            return;
        ulong value;
        _ = LibC.Read(_handle, &value, sizeof(ulong));
        Interlocked.Exchange(ref _signalled, 0);
    }

    public void Dispose() => _handle.Dispose();
}
