using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>What is known of devices on other nodes.</summary>
public interface IDevicesElsewhere
{
    /// <summary>Whether another node holds the device's link; null = not known at present.</summary>
    bool? Holds(DeviceId device);
}
