using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Mqtt;

namespace Amps.Ocpp.Routing;

/// <summary>What the other nodes tell over the broker; while it is away nothing is known of them.</summary>
public sealed class DevicesElsewhere(IOtherNodes others, IMqttClient mqtt, RoutingOptions options) : IDevicesElsewhere
{
    public bool? Holds(DeviceId device)
    {
        if (!options.Shared || mqtt.State == MqttConnectionState.Off)
            return false;
        return mqtt.State == MqttConnectionState.Connected ? others.FindLink(device) is not null : null;
    }
}
