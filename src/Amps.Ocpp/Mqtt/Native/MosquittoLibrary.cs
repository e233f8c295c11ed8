using System.Runtime.InteropServices;

namespace Amps.Ocpp.Mqtt.Native;

/// <summary>Loads the native client library once.</summary>
internal static class MosquittoLibrary
{
    private static readonly Lazy<int> Initialised = new(LibMosquitto.Initialise);

    /// <exception cref="DllNotFoundException">The library is not installed.</exception>
    public static void Require(string name = LibMosquitto.Library)
    {
        if (!NativeLibrary.TryLoad(name, out _))
            throw new DllNotFoundException($"The MQTT client library {name} was not found: install the package libmosquitto1, or set Amps:Mqtt:Mode to Off.");
        _ = Initialised.Value;
    }
}
