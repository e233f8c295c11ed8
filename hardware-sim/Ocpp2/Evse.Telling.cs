using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>What an EVSE tells of itself.</summary>
internal sealed partial class Evse
{
    private IReadOnlyList<string> UpdatedMeasurands => _owner.Model.List("SampledDataCtrlr.TxUpdatedMeasurands");

    /// <summary>The central system has answered the status that it has now.</summary>
    public bool StatusTold { get; private set; }

    public string StatusOf(int connectorId) => ConnectorStatus == "Occupied" && connectorId != _plug ? "Available" : ConnectorStatus;

    /// <summary>Tells the status of one connector or of all.</summary>
    public void TellStatus(int? connectorId = null)
    {
        StatusTold = false;
        string told = ConnectorStatus;
        for (int connector = connectorId ?? 1; connector <= (connectorId ?? Path.Options.Plugs); connector++)
        {
            var status = new JsonObject
            {
                ["timestamp"] = Words.Time(_owner.Now),
                ["connectorStatus"] = StatusOf(connector),
                ["evseId"] = Id,
                ["connectorId"] = connector,
            };
            _owner.TellPassing("StatusNotification", status, _ => StatusTold = told == ConnectorStatus);
        }
    }

    /// <summary>An update of the running transaction.</summary>
    public void TellUpdate(string triggerReason, string context)
    {
        if (_transaction is { } running)
            TellEvent("Updated", running, new Cause(triggerReason), Samples(context, UpdatedMeasurands));
    }

    /// <summary>MeterValues, outside of TransactionEvent.</summary>
    public void TellMeterValues(string context, IReadOnlyList<string> measurands)
    {
        if (MeterValue(Samples(context, measurands)) is not { } meterValue)
            return;
        var told = new JsonObject { ["evseId"] = Id, ["meterValue"] = meterValue };
        _owner.TellPassing("MeterValues", told);
    }

    /// <summary>Values at an aligned time of the clock.</summary>
    public void TellAligned()
    {
        IReadOnlyList<string> measurands = _owner.Model.List("AlignedDataCtrlr.Measurands");
        if (_transaction is { } running)
            TellEvent("Updated", running, new Cause("MeterValueClock"), Samples("Sample.Clock", measurands));
        else if (!_owner.Personality.Meter.OnlyInTransactions)
            TellMeterValues("Sample.Clock", measurands);
    }

    /// <summary>A transaction that a power cut ended is told when there is power again.</summary>
    private void TellLost(Transaction lost)
    {
        lost.State = Plugged ? "EVConnected" : "Idle";
        TellEvent("Ended", lost, Cause.PowerLoss, Samples("Transaction.End", _owner.Model.List("SampledDataCtrlr.TxEndedMeasurands")));
    }

    private void TellStatusIfChanged()
    {
        string status =
            Faulted ? "Faulted"
            : !Operative && _transaction is null ? "Unavailable"
            : Plugged || _transaction is not null ? "Occupied"
            : Reservation is not null ? "Reserved"
            : "Available";
        if (status == ConnectorStatus)
            return;
        bool ofOne = status is "Occupied" or "Available" && ConnectorStatus is "Occupied" or "Available";
        ConnectorStatus = status;
        TellStatus(ofOne ? _plug : null);
    }

    private void TellEvent(string type, Transaction transaction, Cause cause, JsonArray samples, int? seqNo = null)
    {
        var info = new JsonObject { ["transactionId"] = transaction.Id, ["chargingState"] = transaction.State };
        var told = new JsonObject
        {
            ["eventType"] = type,
            ["timestamp"] = Words.Time(_owner.Now),
            ["triggerReason"] = cause.TriggerReason,
            ["seqNo"] = seqNo ?? transaction.TakeSeqNo(),
            ["transactionInfo"] = info,
            ["evse"] = Words.Evse(Id, _plug),
        };
        if (!_owner.IsAccepted)
            told["offline"] = true;
        if (transaction.ChargingSeconds >= 1)
            info["timeSpentCharging"] = (int)transaction.ChargingSeconds;
        if (type == "Ended" && cause.StoppedReason is { } reason)
            info["stoppedReason"] = reason;
        if (transaction.RemoteStartId is { } remote)
            info["remoteStartId"] = remote;
        if (Path.CurrentA > 0)
            told["numberOfPhasesUsed"] = Path.UsedPhases;
        if (type == "Started" && Reservation is { } reservation)
            told["reservationId"] = reservation.Id;
        if (transaction.Token is { } token && (!transaction.TokenTold || cause == Cause.Card))
        {
            transaction.TokenTold = true;
            told["idToken"] = token.Write();
        }
        if (MeterValue(samples) is { } meterValue)
            told["meterValue"] = meterValue;
        _owner.Tell("TransactionEvent", () => (JsonObject)told.DeepClone(), keep: true, answer => TakeAnswer(transaction, answer));
    }

    /// <summary>An id token that the central system does not want ends what it started (E05).</summary>
    private void TakeAnswer(Transaction transaction, JsonObject answer)
    {
        if (answer.MaybePart("idTokenInfo") is not { } info)
            return;
        string status = info.Text("status");
        if (status != "Accepted" && _transaction == transaction && _owner.Model.Flag("TxCtrlr.StopTxOnInvalidId"))
            Deauthorize(Cause.Refused);
    }

    private JsonArray? MeterValue(JsonArray samples)
    {
        if (samples.Count == 0)
            return null;
        var newest = new JsonObject { ["timestamp"] = Words.Time(_owner.Now), ["sampledValue"] = samples };
        return [newest];
    }
}
