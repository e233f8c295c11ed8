namespace Amps.HardwareSim;

/// <summary>What people, vehicles and the network do to a charge point.</summary>
public sealed partial class SimulatedChargePoint
{
    public void PlugIn(int connectorId, VehicleOptions? vehicle = null) => With(connectorId, connector => connector.PlugIn(vehicle ?? new VehicleOptions { Phases = Personality.Transactions.VehiclePhases ?? 3 }));

    public void Unplug(int connectorId) => With(connectorId, static connector => connector.Unplug());

    /// <summary>Decides what becomes of the next remote start or stop.</summary>
    public void FailNext(CommandFault fault)
    {
        lock (_gate)
            _nextFault = fault;
    }

    /// <summary>Starts a transaction on the spot, as a card that needs no authorisation does; without a vehicle nothing happens.</summary>
    public void StartLocally(int connectorId, string idTag) => With(connectorId, connector => connector.StartLocally(idTag));

    /// <summary>Ends the running transaction on the spot, if there is one.</summary>
    public void StopLocally(int connectorId) => With(connectorId, static connector => connector.Stop("Local"));

    /// <summary>A fault with an error code of OCPP 1.6 section 7.6, e.g. <c>GroundFailure</c>.</summary>
    public void Fault(int connectorId, string errorCode) => With(connectorId, connector => connector.Fault(errorCode));

    public void ClearFault(int connectorId) => With(connectorId, static connector => connector.Fault(null));

    /// <summary>The vehicle stops drawing, or draws again.</summary>
    public void SuspendVehicle(int connectorId, bool suspended) => With(connectorId, connector => connector.SuspendVehicle(suspended));

    public void PresentCard(int connectorId, string idTag) => With(connectorId, connector => connector.Present(idTag));

    /// <summary>The network goes: no close frame, and no reconnect until it is back.</summary>
    public void GoOffline()
    {
        lock (_gate)
            _offline = true;
        _link?.Abort();
    }

    public void GoOnline()
    {
        lock (_gate)
            _offline = false;
    }

    /// <summary>Power is gone for a moment: transactions end, then it boots again.</summary>
    public void Reboot(string reason = "Reboot")
    {
        lock (_gate)
        {
            foreach (Connector connector in _connectors)
                connector.Stop(reason);
            _booted = false;
            if (Personality.Limits.LostAtReboot)
                Profiles.ForgetAll();
        }
        _link?.Abort();
    }
}
