namespace Amps.HardwareSim.Ocpp2;

/// <summary>What people and vehicles do to a station.</summary>
public sealed partial class SimulatedStation
{
    private readonly HashSet<IdToken> _cache = [];

    public override void PlugIn(int connectorId, VehicleOptions? vehicle = null) =>
        With(connectorId, evse => evse.PlugIn(vehicle ?? new VehicleOptions { Phases = Personality.Transactions.VehiclePhases ?? 3 }));

    public override void Unplug(int connectorId) => With(connectorId, static evse => evse.Unplug());

    public override void SuspendVehicle(int connectorId, bool suspended) => With(connectorId, evse => evse.SuspendVehicle(suspended));

    public override void Fault(int connectorId, string errorCode) => With(connectorId, evse => evse.Fault(errorCode));

    public override void ClearFault(int connectorId) => With(connectorId, static evse => evse.Fault(null));

    /// <summary>A card starts what may start, and stops what it started itself.</summary>
    public override void PresentCard(int connectorId, string idTag) => With(connectorId, evse =>
    {
        var token = new IdToken(idTag, "ISO14443");
        if (evse.Authorization is { } running)
        {
            if (running.Token.Value == idTag)
                evse.Deauthorize(Cause.Card);
        }
        else if (!evse.Faulted && evse.Operative && (evse.Reservation is not { } kept || kept.Token == token))
        {
            Authorize(token, () => evse.Authorize(Allow(token, null, null), Cause.Authorized));
        }
    });

    public override void Reboot(string reason = "Reboot")
    {
        lock (Gate)
            Restart(reason == "PowerLoss" ? Cause.PowerLoss : Cause.Reboot, reason == "PowerLoss" ? "PowerUp" : "LocalReset");
    }

    /// <summary>Asks whether somebody may charge; offline its own lists decide (C08 to C15).</summary>
    private void Authorize(IdToken token, Action allowed)
    {
        if (!Model.Flag("AuthCtrlr.Enabled") || (Model.Flag("AuthCtrlr.LocalPreAuthorize") && IsKnown(token)))
        {
            allowed();
            return;
        }
        if (!IsAccepted)
        {
            if ((Model.Flag("AuthCtrlr.LocalAuthorizeOffline") && IsKnown(token)) || Model.Flag("AuthCtrlr.OfflineTxForUnknownIdEnabled"))
                allowed();
            return;
        }
        Tell("Authorize", () => new() { ["idToken"] = token.Write() }, keep: false, answer =>
        {
            bool accepted = answer.Part("idTokenInfo").Text("status") == "Accepted";
            if (Model.Flag("AuthCacheCtrlr.Enabled"))
                _ = accepted ? _cache.Add(token) : _cache.Remove(token);
            if (accepted)
                allowed();
        });
    }

    private bool IsKnown(IdToken token) => _cache.Contains(token) || _localList.GetValueOrDefault(token) == "Accepted";

    private Authorization Allow(IdToken token, int? remoteStartId, System.Text.Json.Nodes.JsonObject? profile) =>
        new(token, remoteStartId, profile, Now + TimeSpan.FromSeconds(Model.Whole("TxCtrlr.EVConnectionTimeOut")));

    /// <summary>Transactions end, then it boots again.</summary>
    private void Restart(Cause cause, string bootReason)
    {
        foreach (Evse evse in _evses)
            evse.Halt(cause);
        Booted = false;
        _registration = RegistrationStatus.None;
        _bootReason = bootReason;
        _asleep = true;
        if (Personality.Limits.LostAtReboot)
            Profiles.ForgetAll();
        CloseStreams();
        Save();
        Hangup();
    }
}
