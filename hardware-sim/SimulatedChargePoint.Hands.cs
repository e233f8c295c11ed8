namespace Amps.HardwareSim;

/// <summary>What people, vehicles and the network do to a charge point.</summary>
public sealed partial class SimulatedChargePoint
{
    public override void PlugIn(int connectorId, VehicleOptions? vehicle = null) => With(connectorId, connector => connector.PlugIn(vehicle ?? new VehicleOptions { Phases = Personality.Transactions.VehiclePhases ?? 3 }));

    public override void Unplug(int connectorId) => With(connectorId, static connector => connector.Unplug());

    /// <summary>Decides what becomes of the next remote start or stop.</summary>
    public void FailNext(CommandFault fault)
    {
        lock (Gate)
            _nextFault = fault;
    }

    /// <summary>Starts a transaction on the spot, as a card that needs no authorisation does; without a vehicle nothing happens.</summary>
    public void StartLocally(int connectorId, string idTag) => With(connectorId, connector => connector.StartLocally(idTag));

    /// <summary>Ends the running transaction on the spot, if there is one.</summary>
    public void StopLocally(int connectorId) => With(connectorId, static connector => connector.Stop("Local"));

    public override void Fault(int connectorId, string errorCode) => With(connectorId, connector => connector.Fault(errorCode));

    public override void ClearFault(int connectorId) => With(connectorId, static connector => connector.Fault(null));

    public override void SuspendVehicle(int connectorId, bool suspended) => With(connectorId, connector => connector.SuspendVehicle(suspended));

    public override void PresentCard(int connectorId, string idTag) => With(connectorId, connector => connector.Present(idTag));

    public override void Reboot(string reason = "Reboot")
    {
        lock (Gate)
        {
            foreach (Connector connector in _connectors)
                connector.Stop(reason);
            Booted = false;
            if (Personality.Limits.LostAtReboot)
                Profiles.ForgetAll();
        }
        Hangup();
    }
}
