using System.Globalization;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>The answers to a central system's calls, each as its 1.6 schema wants it.</summary>
public sealed partial class SimulatedChargePoint
{
    private int _localListVersion;

    private protected override Reply Answer(string action, JsonObject call)
    {
        lock (Gate)
        {
            if (_nextFault != CommandFault.None && action is "RemoteStartTransaction" or "RemoteStopTransaction")
                return Fail(action, call);
            return AnswerByHabit(action, call) ?? Usual(Perform(action, call));
        }
    }

    private static Reply Usual(JsonObject? result) => result is null ? new Reply(null, "NotImplemented") : new Reply(result);

    /// <summary>Carries a call out and gives its answer; null = the action is unknown.</summary>
    private JsonObject? Perform(string action, JsonObject call) => action switch
    {
        "RemoteStartTransaction" => Status(RemoteStart(call) ? "Accepted" : "Rejected"),
        "RemoteStopTransaction" => Status(RemoteStop(call["transactionId"]!.GetValue<int>()) ? "Accepted" : "Rejected"),
        "SetChargingProfile" => Status(SetProfile(call) ? "Accepted" : "Rejected"),
        "ClearChargingProfile" => Status(ClearProfile(call) ? "Accepted" : "Unknown"),
        "GetCompositeSchedule" => CompositeSchedule(call),
        "GetConfiguration" => _configuration.Get(call["key"]?.AsArray()),
        "ChangeConfiguration" => Status(Change(call["key"]!.GetValue<string>(), call["value"]!.GetValue<string>())),
        "TriggerMessage" or "ExtendedTriggerMessage" => Status(Trigger(call["requestedMessage"]!.GetValue<string>(), Whole(call, "connectorId"))),
        "ChangeAvailability" => Status(ChangeAvailability(Whole(call, "connectorId") ?? 0, call["type"]!.GetValue<string>() == "Operative")),
        "Reset" => Reset(),
        "UnlockConnector" => Status(Unlock(Whole(call, "connectorId") ?? 0)),
        "ReserveNow" => Status(Reserve(call)),
        "CancelReservation" => Status(CancelReservation(call["reservationId"]!.GetValue<int>()) ? "Accepted" : "Rejected"),
        "SendLocalList" => LocalList(call),
        "GetLocalListVersion" => new JsonObject { ["listVersion"] = _localListVersion },
        "DataTransfer" => Status("UnknownVendorId"),
        "GetDiagnostics" => [],
        "UpdateFirmware" => [],
        "GetLog" => Status("Rejected"),
        "SignedUpdateFirmware" => Status("Rejected"),
        "CertificateSigned" => Status("Rejected"),
        "InstallCertificate" => Status("Rejected"),
        "DeleteCertificate" => Status("NotFound"),
        "GetInstalledCertificateIds" => Status("NotFound"),
        "ClearCache" => Status("Accepted"),
        _ => null,
    };

    /// <summary>Uses up the fault that was asked for.</summary>
    private Reply Fail(string action, JsonObject call)
    {
        CommandFault fault = _nextFault;
        _nextFault = CommandFault.None;
        switch (fault)
        {
            case CommandFault.Reject:
                return new Reply(Status("Rejected"));
            case CommandFault.LinkLoss:
                Hangup();
                return Reply.None;
            case CommandFault.Fault:
                int connectorId = action == "RemoteStartTransaction"
                    ? Whole(call, "connectorId") ?? 1
                    : Array.Find(_connectors, connector => connector.TransactionId == Whole(call, "transactionId"))?.Id ?? 1;
                After(() => _connectors[connectorId - 1].Fault("OtherError", endsTransaction: false));
                return new Reply(Status("Accepted"));
            default:
                return Reply.None;
        }
    }

    private static JsonObject Status(string status) => new() { ["status"] = status };

    private static int? Whole(JsonObject call, string name) => call[name]?.GetValue<int>();

    private IEnumerable<Connector> Chosen(int? connectorId) => _connectors.Where(connector => connectorId is null or 0 || connector.Id == connectorId);

    private bool RemoteStart(JsonObject call)
    {
        int? wanted = Whole(call, "connectorId");
        Connector? connector = wanted is null ? Array.Find(_connectors, candidate => !candidate.Busy) : Array.Find(_connectors, candidate => candidate.Id == wanted);
        return connector?.RemoteStart(call["idTag"]!.GetValue<string>(), call["chargingProfile"]?.AsObject(), _configuration.Whole("ConnectionTimeOut")) ?? false;
    }

    private bool RemoteStop(int transactionId)
    {
        if (Array.Find(_connectors, connector => connector.TransactionId == transactionId) is not { } running)
            return false;
        After(() => running.Stop("Remote"));
        return true;
    }

    private bool SetProfile(JsonObject call)
    {
        int connectorId = call["connectorId"]!.GetValue<int>();
        if (connectorId > _connectors.Length)
            return false;
        int? running = connectorId > 0 ? _connectors[connectorId - 1].TransactionId : null;
        JsonObject profile = call["csChargingProfiles"]!.AsObject();
        if (!MayWrite(profile) || !Profiles.Set(connectorId, profile, running, Now))
            return false;
        Save();
        After(SettleAll);
        return true;
    }

    private bool ClearProfile(JsonObject call)
    {
        bool cleared = Profiles.Clear(Whole(call, "id"), Whole(call, "connectorId"), call["chargingProfilePurpose"]?.GetValue<string>(), Whole(call, "stackLevel"));
        Save();
        After(SettleAll);
        return cleared;
    }

    private void SettleAll()
    {
        foreach (Connector connector in _connectors)
            connector.Settle();
    }

    private JsonObject CompositeSchedule(JsonObject call)
    {
        int connectorId = call["connectorId"]!.GetValue<int>();
        if (connectorId > _connectors.Length)
            return Status("Rejected");
        bool watts = call["chargingRateUnit"]?.GetValue<string>() == "W";
        double limit = Chosen(connectorId).Sum(connector => connector.LimitNow() * (watts ? connector.Voltage * connector.Phases : 1));
        var period = new JsonObject { ["startPeriod"] = 0, ["limit"] = Math.Round(limit, 1) };
        if (connectorId > 0)
            period["numberPhases"] = _connectors[connectorId - 1].Phases;
        string now = Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return new JsonObject
        {
            ["status"] = "Accepted",
            ["connectorId"] = connectorId,
            ["scheduleStart"] = now,
            ["chargingSchedule"] = new JsonObject
            {
                ["duration"] = call["duration"]!.GetValue<int>(),
                ["startSchedule"] = now,
                ["chargingRateUnit"] = watts ? "W" : "A",
                ["chargingSchedulePeriod"] = new JsonArray(period),
            },
        };
    }

    private string Change(string key, string value)
    {
        string status = MayMeasure(key, value) ? _configuration.Change(key, value) : "Rejected";
        if (status == "Accepted" && key.Equals("HeartbeatInterval", StringComparison.OrdinalIgnoreCase))
            HeartbeatInterval = Math.Max(1, _configuration.Whole(key));
        Save();
        return status;
    }

    private string Trigger(string message, int? connectorId)
    {
        if (connectorId > _connectors.Length)
            return "Rejected";
        switch (message)
        {
            case "StatusNotification":
                After(() =>
                {
                    if (connectorId is null or 0)
                        TellStationStatus();
                    foreach (Connector connector in Chosen(connectorId))
                        connector.TellStatus();
                });
                return "Accepted";
            case "MeterValues":
                After(() =>
                {
                    foreach (Connector connector in Chosen(connectorId))
                        connector.TellMeterValues("Trigger", keep: false);
                });
                return "Accepted";
            case "Heartbeat":
                After(() => Tell("Heartbeat", static () => [], keep: false));
                return "Accepted";
            case "BootNotification" when Personality.Boot.Never:
                return "Accepted";
            case "BootNotification":
                After(() => Tell("BootNotification", BootPayload, keep: false));
                return "Accepted";
            case "DiagnosticsStatusNotification" or "FirmwareStatusNotification":
                After(() => Tell(message, static () => Status("Idle"), keep: false));
                return "Accepted";
            default:
                return "NotImplemented";
        }
    }

    private string ChangeAvailability(int connectorId, bool operative)
    {
        if (connectorId > _connectors.Length)
            return "Rejected";
        bool busy = Chosen(connectorId).Any(connector => connector.Busy);
        After(() =>
        {
            foreach (Connector connector in Chosen(connectorId))
                connector.SetAvailable(operative);
        });
        return busy ? "Scheduled" : "Accepted";
    }

    private JsonObject Reset()
    {
        After(() => Reboot("SoftReset"));
        return Status("Accepted");
    }

    private string Unlock(int connectorId)
    {
        if (connectorId < 1 || connectorId > _connectors.Length)
            return "NotSupported";
        After(() => _connectors[connectorId - 1].Stop("UnlockCommand"));
        return "Unlocked";
    }

    private string Reserve(JsonObject call)
    {
        int connectorId = call["connectorId"]!.GetValue<int>();
        if (connectorId < 1 || connectorId > _connectors.Length)
            return "Rejected";
        Connector connector = _connectors[connectorId - 1];
        switch (connector.Status)
        {
            case "Faulted":
                return "Faulted";
            case "Unavailable":
                return "Unavailable";
            case "Available":
                int reservation = call["reservationId"]!.GetValue<int>();
                After(() => connector.Reserve(reservation));
                return "Accepted";
            default:
                return "Occupied";
        }
    }

    private bool CancelReservation(int reservationId)
    {
        if (Array.Find(_connectors, connector => connector.ReservationId == reservationId) is not { } reserved)
            return false;
        After(() => reserved.Reserve(null));
        return true;
    }

    private JsonObject LocalList(JsonObject call)
    {
        _localListVersion = call["listVersion"]!.GetValue<int>();
        return Status("Accepted");
    }
}
