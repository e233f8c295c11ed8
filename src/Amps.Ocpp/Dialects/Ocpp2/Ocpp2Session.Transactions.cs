using System.Text;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Ocppj;

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
        TransactionProgress progress = (_transactions ??= new TransactionLog()).Of(id, () => new TransactionProgress(ChargePoint.ConnectorOf(id) ?? 0));
        progress.EvseId = told.Evse?.Id ?? (progress.EvseId > 0 ? progress.EvseId : ChargePoint.Chargers.Count() == 1 ? 1 : 0);
        // What was not kept while the station was away is of now, whatever its clock says.
        if (told.Offline != true && told.SeqNo > progress.LastSeqNo)
            _clock.Learn(time);
        MeterSample? sample = told.MeterValue is { } values ? SampleOf(progress.EvseId, values) : null;
        bool newToken = told.IdToken is not null && progress.IdTag is null;
        progress.IdTag ??= told.IdToken?.Token;
        try
        {
            if (!progress.Stored || newToken || told.EventType != "Updated")
                await StoreAsync(progress, told, time, sample, payload).WaitAsync(DurabilityLimit, Time);
        }
        catch (Exception e) when (e is StorageUnavailableException or TimeoutException)
        {
            progress.IdTag = newToken ? null : progress.IdTag;
            return NotDurable();
        }
        ChargerReport? reports = NoteSequence(progress, told.SeqNo) ? Facts(progress, told, time, sample) : null;
        progress.Ended |= told.EventType == "Ended";
        NoteSamples(progress, told);
        return Answer(told.IdToken is { } token ? IdTokenAnswerTo(token) : EmptyAnswer, reports);
    }

    private async Task StoreAsync(TransactionProgress progress, TransactionEvent told, DateTimeOffset time, MeterSample? sample, ReadOnlyMemory<byte> payload)
    {
        double registerWh = (sample?.EnergyImportKwh ?? 0) * 1000;
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
    private ChargerReport? Facts(TransactionProgress progress, TransactionEvent told, DateTimeOffset time, MeterSample? sample)
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
        progress.Authorised = IsAuthorised(progress, told, first: !live);
        var open = new OpenTransaction(id, progress.IdTag ?? "", time, sample?.EnergyImportKwh, Waiting: !progress.Authorised);
        // Kept while the station was away: it may run, or its end is still to be told.
        if (!live && told.Offline == true && _clock.IsPast(time))
            return Fact(progress, new TransactionHint(now, TransactionHintKind.StartedInThePast, open));
        ChargerReport? facts = sample is null ? null : Fact(progress, new MeterReported(now, sample, id));
        if (StatusOf(told.TransactionInfo.ChargingState) is { } reported && (state?.Reported != reported || facts is null))
            facts = Fact(progress, new StatusReported(now, reported, null), facts);
        if (!live)
            return Fact(progress, new TransactionOpened(now, open, Plugged: told.TransactionInfo.ChargingState != "Idle"), facts);
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
    private static bool IsAuthorised(TransactionProgress progress, TransactionEvent told, bool first) => told switch
    {
        { TriggerReason: "RemoteStop" or "StopAuthorized" or "Deauthorized" } => false,
        { IdToken: not null } or { TriggerReason: "Authorized" or "RemoteStart" } or { TransactionInfo.RemoteStartId: not null } => true,
        { TransactionInfo.ChargingState: "Charging" or "SuspendedEV" } => true,
        { TransactionInfo.ChargingState: null or "SuspendedEVSE" } when first => true,
        _ => progress.Authorised,
    };

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
