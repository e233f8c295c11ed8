using Amps.Ocpp.Model;

namespace Amps.Ocpp.Routing;

/// <summary>What other nodes tell of the chargers they hold. An earlier life of this node and nodes that are down tell nothing.</summary>
public interface IOtherNodes
{
    /// <summary>The link by which another live node holds the charger; null = none does.</summary>
    ChargerLink? FindLink(DeviceId device);

    /// <summary>The newest state any node told; null = none.</summary>
    ChargerSnapshot? FindSnapshot(DeviceId device);
}
