using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>Remote starts and stops (F01 to F03), reservations (H), and what is asked about transactions.</summary>
public sealed partial class SimulatedStation
{
    /// <summary>A reservation that nobody used.</summary>
    internal void Expire(Evse evse, Reservation reservation)
    {
        evse.Reserve(null);
        Tell("ReservationStatusUpdate", () => new JsonObject { ["reservationId"] = reservation.Id, ["reservationUpdateStatus"] = "Expired" }, keep: false);
    }

    private JsonObject RequestStart(JsonObject call)
    {
        IdToken token = IdToken.Read(call.Part("idToken"));
        int remoteStartId = call.Whole("remoteStartId");
        JsonObject? profile = (JsonObject?)call.MaybePart("chargingProfile")?.DeepClone();
        int? wanted = call.MaybeWhole("evseId");
        if (_registration != RegistrationStatus.Accepted)
            return Words.Status("Rejected", "CSNotAccepted");
        Evse? evse = wanted is { } id ? Find(id) : Array.Find(_evses, static evse => MayStart(evse) && evse.Plugged) ?? Array.Find(_evses, MayStart);
        if (evse is null)
            return wanted is null ? Words.Status("Rejected", "TxInProgress", "no EVSE is free") : Words.Status("Rejected", "UnknownEvse");
        if (evse.Authorization is not null)
            return Words.Status("Rejected", "TxInProgress");
        if (!MayStart(evse))
            return Words.Status("Rejected", "NotEnabled", evse.ConnectorStatus);
        if (evse.Reservation is { } kept && kept.Token != token)
            return Words.Status("Rejected", "InvalidIdToken", "reserved for another");
        if (profile is not null && _rules.RefuseForStart(profile) is { } refusal)
            return Words.Status("Rejected", refusal.ReasonCode, refusal.Info);
        Authorization allowed = Allow(token, remoteStartId, profile);
        bool asks = Model.Flag("AuthCtrlr.AuthorizeRemoteStart") || Personality.Transactions.AuthorizesRemoteStart;
        After(() =>
        {
            if (asks)
                Authorize(token, () => evse.Authorize(allowed, Cause.RemoteStart));
            else
                evse.Authorize(allowed, Cause.RemoteStart);
        });
        JsonObject answer = Words.Status("Accepted");
        if (evse.Transaction is { } running)
            answer["transactionId"] = running.Id;
        return answer;
    }

    private static bool MayStart(Evse evse) => evse is { Authorization: null, Faulted: false, Operative: true };

    private JsonObject RequestStop(string transactionId)
    {
        if (_registration != RegistrationStatus.Accepted)
            return Words.Status("Rejected", "CSNotAccepted");
        if (FindTransaction(transactionId) is not { } evse)
            return Words.Status("Rejected", "TxNotFound");
        After(() => evse.Deauthorize(Cause.RemoteStop));
        return Words.Status("Accepted");
    }

    private JsonObject TransactionStatus(string? transactionId)
    {
        var answer = new JsonObject { ["messagesInQueue"] = Outbox.Kept().Count > 0 };
        if (transactionId is not null)
            answer["ongoingIndicator"] = FindTransaction(transactionId) is not null;
        return answer;
    }

    private JsonObject Reserve(JsonObject call)
    {
        int id = call.Whole("id");
        var reservation = new Reservation(id, IdToken.Read(call.Part("idToken")), call.MaybeTime("expiryDateTime") ?? throw new UnreadableException("OccurrenceConstraintViolation", "expiryDateTime"));
        int? wanted = call.MaybeWhole("evseId");
        Evse? evse = wanted is { } evseId ? Find(evseId) : Array.Find(_evses, static evse => evse.ConnectorStatus == "Available") ?? _evses[0];
        if (evse is null)
            return Words.Status("Rejected", "UnknownEvse");
        bool renewed = evse.Reservation?.Id == id;
        switch (evse.ConnectorStatus)
        {
            case "Reserved" when renewed:
            case "Available":
                After(() => evse.Reserve(reservation));
                return Words.Status("Accepted");
            case "Reserved":
                return Words.Status("Occupied");
            default:
                return Words.Status(evse.ConnectorStatus);
        }
    }

    private JsonObject CancelReservation(int reservationId)
    {
        if (Array.Find(_evses, evse => evse.Reservation?.Id == reservationId) is not { } reserved)
            return Words.Status("Rejected", "NotFound");
        After(() => reserved.Reserve(null));
        return Words.Status("Accepted");
    }
}
