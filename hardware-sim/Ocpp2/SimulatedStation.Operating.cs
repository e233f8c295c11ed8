using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>Triggers (F06), resets (B11, B12), availability (G03, G04) and the lock (F05).</summary>
public sealed partial class SimulatedStation
{
    private JsonObject Trigger(JsonObject call)
    {
        string message = call.Text("requestedMessage");
        int? evseId = call.MaybePart("evse")?.Whole("id");
        int? connectorId = call.MaybePart("evse")?.MaybeWhole("connectorId");
        if (evseId < 0 || evseId > _evses.Length)
            return Words.Status("Rejected", "UnknownEvse");
        if (message != "BootNotification" && _registration == RegistrationStatus.None && !Personality.Boot.Never)
            return Words.Status("Rejected", "CSNotAccepted");
        Evse[] chosen = evseId is null or 0 ? _evses : [_evses[evseId.Value - 1]];
        switch (message)
        {
            case "BootNotification":
                return TriggerBoot();
            case "Heartbeat":
                After(() => TellAsked(message, []));
                return Words.Status("Accepted");
            case "StatusNotification" when connectorId < 1 || connectorId > chosen[0].Path.Options.Plugs:
                return Words.Status("Rejected", "UnknownConnectorId");
            case "StatusNotification":
                After(() => WhileAsked(() => Array.ForEach(chosen, evse => evse.TellStatus(connectorId))));
                return Words.Status("Accepted");
            case "MeterValues":
                After(() => WhileAsked(() => Array.ForEach(chosen, evse => evse.TellMeterValues("Trigger", Model.List("AlignedDataCtrlr.Measurands")))));
                return Words.Status("Accepted");
            case "TransactionEvent" when Array.TrueForAll(chosen, static evse => evse.Transaction is null):
                return Words.Status("Rejected", "TxNotFound");
            case "TransactionEvent":
                After(() => Array.ForEach(chosen, static evse => evse.TellUpdate("Trigger", "Trigger")));
                return Words.Status("Accepted");
            case "FirmwareStatusNotification" or "LogStatusNotification":
                After(() => TellAsked(message, Words.Status("Idle")));
                return Words.Status("Accepted");
            default:
                return Words.Status("NotImplemented");
        }
    }

    private JsonObject TriggerBoot()
    {
        if (Personality.Boot.Never)
            return Words.Status("Accepted");
        // One that was accepted is not repeated (F06.FR.17).
        if (Booted)
            return Words.Status("Rejected", "NotEnabled", "the boot was accepted");
        _bootReason = "Triggered";
        if (_registration == RegistrationStatus.Accepted)
            After(() => Tell("BootNotification", BootPayload, keep: false, answer => Booted = answer.Text("status") == "Accepted"));
        else
            After(() => _bootAsked.TrySetResult());
        return Words.Status("Accepted");
    }

    private JsonObject Reset(JsonObject call)
    {
        string type = Is21 ? call.Word("type", "Immediate", "OnIdle", "ImmediateAndResume") : call.Word("type", "Immediate", "OnIdle");
        if (type == "ImmediateAndResume")
            return Words.Status("Rejected", "UnsupportedRequest", "transactions are not resumed");
        bool onIdle = type == "OnIdle";
        if (call.MaybeWhole("evseId") is { } evseId)
            return ResetEvse(evseId, onIdle);
        if (onIdle && Array.Exists(_evses, static evse => evse.Transaction is not null))
        {
            _resetWhenIdle = true;
            return Words.Status("Scheduled");
        }
        After(() => Restart(Cause.Reset, "RemoteReset"));
        return Words.Status("Accepted");
    }

    private JsonObject ResetEvse(int evseId, bool onIdle)
    {
        if (Find(evseId) is not { } evse)
            return Words.Status("Rejected", "UnknownEvse");
        if (onIdle && evse.Transaction is not null)
            return Words.Status("Rejected", "TxInProgress");
        After(() =>
        {
            evse.Halt(Cause.Reset);
            evse.Wake();
        });
        return Words.Status("Accepted");
    }

    private JsonObject ChangeAvailability(JsonObject call)
    {
        bool operative = call.Word("operationalStatus", "Operative", "Inoperative") == "Operative";
        JsonObject? about = call.MaybePart("evse");
        int evseId = about?.Whole("id") ?? 0;
        if (evseId < 0 || evseId > _evses.Length)
            return Words.Status("Rejected", "UnknownEvse");
        Evse[] chosen = evseId > 0 ? [_evses[evseId - 1]] : _evses;
        if (about?.MaybeWhole("connectorId") > chosen[0].Path.Options.Plugs)
            return Words.Status("Rejected", "UnknownConnectorId");
        After(() =>
        {
            foreach (Evse evse in chosen)
                evse.SetOperative(operative);
            Save();
        });
        return Words.Status(!operative && Array.Exists(chosen, static evse => evse.Transaction is not null) ? "Scheduled" : "Accepted");
    }

    private JsonObject Unlock(JsonObject call)
    {
        int connectorId = call.Whole("connectorId");
        return Find(call.Whole("evseId")) is not { } evse || connectorId < 1 || connectorId > evse.Path.Options.Plugs ? Words.Status("UnknownConnector")
            : evse.Authorization is not null ? Words.Status("OngoingAuthorizedTransaction")
            : Words.Status("Unlocked");
    }
}
