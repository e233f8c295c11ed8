using System.Text;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>
/// TransactionEvents: each is answered, whatever its order, gaps or missing Started (charger behaviour, section 4; faults P21). What
/// is on disk is completed by any of them, the live state follows the highest sequence number.
/// </summary>
internal sealed partial class Ocpp2Session
{
    private TransactionLog? _transactions;

    private async ValueTask<CallAnswer> OnTransactionEventAsync(ReadOnlyMemory<byte> payload)
    {
        TransactionEvent told = Ocpp2Json.Read(payload.Span, Ocpp2Json.Default.TransactionEvent);
        if (ChargerTime.Read(told.Timestamp) is not { } time)
            return RefuseTime();
        if (told.Evse?.Id is < 0 or > MaxConnectorId)
            return WrongEvse();
        string id = told.TransactionInfo.TransactionId;
        TransactionProgress progress = (_transactions ??= new TransactionLog()).Of(id, () => Begin(id));
        progress.EvseId = told.Evse?.Id ?? (progress.EvseId > 0 ? progress.EvseId : ChargePoint.Chargers.Count() == 1 ? 1 : 0);
        // What was not kept while the station was away is of now, whatever its clock says.
        if (told.Offline != true && told.SeqNo > progress.LastSeqNo)
            _clock.Learn(time);
        MeterSample? sample = told.MeterValue is { } values ? SampleOf(progress.EvseId, values) : null;
        string? tagBefore = progress.IdTag;
        if (told.IdToken is { } presented && (tagBefore is null || !Stops(told)))
            progress.IdTag = presented.Token;
        bool newToken = progress.IdTag != tagBefore;
        try
        {
            if (!progress.Stored || newToken || told.EventType != "Updated")
                await StoreAsync(progress, told, time, sample, payload).WaitAsync(DurabilityLimit, Time);
        }
        catch (Exception e) when (e is StorageUnavailableException or TimeoutException)
        {
            progress.IdTag = tagBefore;
            return NotDurable();
        }
        ChargerReport? reports = NoteSequence(progress, told.SeqNo) ? Facts(progress, told, time, sample, newToken) : null;
        progress.Ended |= told.EventType == "Ended";
        NoteSamples(progress, told);
        return Answer(told.IdToken is { } token ? IdTokenAnswerTo(token) : EmptyAnswer, reports);
    }

    /// <summary>What is known of a transaction before its first event on this link.</summary>
    private TransactionProgress Begin(string id) =>
        ChargePoint.ConnectorOf(id) is { } connector && ChargePoint.FindCharger(connector)?.State.Transaction is { } running && running.Id == id
            ? new TransactionProgress(connector) { Authorised = !running.Waiting, IdTag = running.IdTag.Length == 0 ? null : running.IdTag }
            : new TransactionProgress(0);

    private async Task StoreAsync(TransactionProgress progress, TransactionEvent told, DateTimeOffset time, MeterSample? sample, ReadOnlyMemory<byte> payload)
    {
        // As the station told it: the way to kWh and back leaves 2039.0000000000002 of 2039.
        double registerWh = Math.Round((sample?.EnergyImportKwh ?? 0) * 1000, 6);
        StationTransaction stored = await ChargePoint.OpenStationTransactionAsync(
            told.TransactionInfo.TransactionId, progress.EvseId, progress.IdTag ?? "", time, registerWh, CancellationToken.None);
        if (told.EventType == "Ended")
        {
            await ChargePoint.CloseTransactionAsync(
                new TransactionStop(
                    ChargePoint.Id, stored.Id, time, registerWh, told.TransactionInfo.StoppedReason ?? "Local", told.IdToken?.Token, Time.GetUtcNow(),
                    Encoding.UTF8.GetString(payload.Span)),
                CancellationToken.None);
        }
        progress.Stored = true;
        progress.Ended |= stored.Ended;
    }

    /// <summary>False for an event that was overtaken or told before: it says nothing of now.</summary>
    private static bool NoteSequence(TransactionProgress progress, int seqNo)
    {
        if (seqNo <= progress.LastSeqNo)
            return false;
        if (progress.LastSeqNo >= 0 && seqNo > progress.LastSeqNo + 1)
            DialectMetrics.SequenceGaps.Add(seqNo - progress.LastSeqNo - 1);
        progress.LastSeqNo = seqNo;
        return true;
    }

    /// <summary>What an event means for the live state: the transaction, then the charging state, then the samples.</summary>
    private ChargerReport? Facts(TransactionProgress progress, TransactionEvent told, DateTimeOffset time, MeterSample? sample, bool newToken)
    {
        if (progress.EvseId == 0)
            return null;
        DateTimeOffset now = Time.GetUtcNow();
        string id = told.TransactionInfo.TransactionId;
        ChargerState? state = ChargePoint.FindCharger(progress.EvseId)?.State;
        bool live = state?.Transaction?.Id == id;
        if (told.EventType == "Ended" && !live)
            return ChargePoint.PastConnectorOf(id) is { } past ? new ChargerReport(past, new TransactionHint(now, TransactionHintKind.EndedInThePast, Named(id))) : null;
        if (told.EventType == "Ended")
            return Ended(progress, told, sample, now);
        if (progress.Ended || (!live && state?.Transaction?.StartedAt > time))
            return null;
        bool before = progress.Authorised;
        progress.Authorised = IsAuthorised(progress, told, first: !live, newToken);
        progress.RemoteStartId = told.TransactionInfo.RemoteStartId ?? progress.RemoteStartId;
        var open = new OpenTransaction(id, progress.IdTag ?? "", time, sample?.EnergyImportKwh, Waiting: !progress.Authorised);
        // Kept while the station was away: it may run, or its end is still to be told.
        if (!live && told.Offline == true && _clock.IsPast(time))
            return Fact(progress, new TransactionHint(now, TransactionHintKind.StartedInThePast, open));
        ChargerReport? facts = sample is null ? null : Fact(progress, new MeterReported(now, sample, id));
        if (StatusOf(told.TransactionInfo.ChargingState) is { } reported && (state?.Reported != reported || facts is null))
            facts = Fact(progress, new StatusReported(now, reported, null), facts);
        if (!live)
            return Fact(progress, new TransactionOpened(now, open, Plugged: HasVehicle(told)), facts);
        return before == progress.Authorised && state!.Transaction!.Waiting != progress.Authorised
            ? facts
            : Fact(progress, new TransactionAuthorised(now, id, !progress.Authorised, progress.IdTag, StoppedByService(progress, told)), facts);
    }

    private ChargerReport Ended(TransactionProgress progress, TransactionEvent told, MeterSample? sample, DateTimeOffset now)
    {
        bool gone = told.TransactionInfo is { StoppedReason: "EVDisconnected" } or { ChargingState: "Idle" };
        bool outOfUse = _statuses.Of(progress.EvseId) is "Faulted" or "Unavailable";
        return Fact(
            progress,
            new TransactionClosed(
                now, told.TransactionInfo.TransactionId, StoppedByService(progress, told), sample?.EnergyImportKwh, told.TransactionInfo.StoppedReason),
            // A station tells nothing more of a vehicle that stays.
            outOfUse ? null : Fact(progress, new StatusReported(now, gone ? ConnectorStatus.Available : ConnectorStatus.Finishing, null)));
    }

    /// <summary>
    /// Whether energy may flow in the transaction. One that begins at plug-in waits for its authorisation, and one that does not end
    /// before the vehicle leaves waits again after a stop (E01, E06: TxStartPoint and TxStopPoint).
    /// </summary>
    private bool IsAuthorised(TransactionProgress progress, TransactionEvent told, bool first, bool newToken)
    {
        LearnedBehaviour habits = ChargePoint.Learned;
        bool suspended = told.TransactionInfo.ChargingState is "EVConnected" or "SuspendedEVSE" or "Idle";
        return told switch
        {
            _ when Stops(told) => false,
            { TriggerReason: "Authorized" or "RemoteStart" } => true,
            { TransactionInfo.RemoteStartId: { } id } when id != progress.RemoteStartId => true,
            { IdToken: not null } when first || newToken => true,
            { TransactionInfo.ChargingState: "Charging" or "SuspendedEV" } => true,
            // Some tell nothing of the stop but what became of it.
            _ when suspended && habits.TransactionEnds == TransactionEnd.AtPlugOut
                && ChargePoint.AskedToStop(progress.EvseId, told.TransactionInfo.TransactionId) => false,
            { TriggerReason: "CablePluggedIn" or "EVDetected" } when first && habits.TransactionStarts == TransactionStart.AtPlugIn => false,
            { TransactionInfo.ChargingState: null or "SuspendedEVSE" } when first => true,
            _ => progress.Authorised,
        };
    }

    /// <summary>It tells that the authorisation of its transaction is over.</summary>
    private static bool Stops(TransactionEvent told) => told.EventType == "Ended" || told.TriggerReason is "RemoteStop" or "StopAuthorized" or "Deauthorized";

    /// <summary>A transaction may begin with its authorisation or when the parking bay is taken.</summary>
    private static bool HasVehicle(TransactionEvent told) =>
        told is not ({ TransactionInfo.ChargingState: "Idle" } or { TransactionInfo.ChargingState: null, TriggerReason: "EVDetected" });

    private bool StoppedByService(TransactionProgress progress, TransactionEvent told) => ChargePoint.EndedByService(
        progress.EvseId, told.TransactionInfo.TransactionId, told.TriggerReason == "RemoteStop" ? "Remote" : told.TransactionInfo.StoppedReason);

    private static OpenTransaction Named(string id) => new(id, "", default);

    private static ConnectorStatus? StatusOf(string? chargingState) => chargingState switch
    {
        "Charging" => ConnectorStatus.Charging,
        "SuspendedEV" => ConnectorStatus.SuspendedEV,
        "SuspendedEVSE" => ConnectorStatus.SuspendedEVSE,
        "EVConnected" => ConnectorStatus.Preparing,
        "Idle" => ConnectorStatus.Available,
        _ => null,
    };

    private static ChargerReport Fact(TransactionProgress progress, ChargerEvent fact, ChargerReport? next = null) => new(progress.EvseId, fact, next);
}
