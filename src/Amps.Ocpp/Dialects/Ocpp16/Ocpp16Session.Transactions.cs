using System.Globalization;
using System.Text;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects.Metering;
using Amps.Ocpp.Model;
using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>Transactions and their meter values on a 1.6 link: always answered, durable first, and what is of the past kept from the live state.</summary>
internal sealed partial class Ocpp16Session
{
    private async ValueTask<CallAnswer> OnStartTransactionAsync(ReadOnlyMemory<byte> payload)
    {
        if (Ocpp16Messages.ReadStartTransaction(payload.Span) is not { } start)
            return RefuseTime();
        if (start.ConnectorId is < 1 or > MaxConnectorId)
            return WrongConnector();
        (IdTokenStatus status, string? parent) = ChargePoint.Authorize(start.IdTag);
        long id;
        try
        {
            id = await ChargePoint.OpenTransactionAsync(start.ConnectorId, start.IdTag, start.Timestamp, start.MeterStart, CancellationToken.None)
                .WaitAsync(DurabilityLimit, Time);
        }
        catch (Exception e) when (e is StorageUnavailableException or TimeoutException)
        {
            return NotDurable();
        }
        var transaction = new OpenTransaction(Text(id), start.IdTag, start.Timestamp, start.MeterStart / 1000);
        return Answer(Ocpp16Messages.StartTransactionAnswer(id, status.ToString(), parent), StartOf(start, transaction));
    }

    /// <summary>What a start means for the live state; null = nothing: it is told again, or another one runs since.</summary>
    private ChargerReport? StartOf(StartTransaction start, OpenTransaction transaction)
    {
        ChargerState? state = ChargePoint.FindCharger(start.ConnectorId)?.State;
        bool past = _clock.IsPast(start.Timestamp);
        if (past)
            Flag("clock_skew");
        if (state is not null && (state.Transaction?.Id == transaction.Id || state.LastEndedTransactionId == transaction.Id))
            return null;
        DateTimeOffset now = Time.GetUtcNow();
        if (past && ChargePoint.AskedToStart(start.ConnectorId, start.IdTag))
        {
            // It answers our own command, so its clock is wrong.
            _clock.Learn(start.Timestamp);
            past = false;
        }
        if (!past)
            return new ChargerReport(start.ConnectorId, new TransactionOpened(now, transaction));
        return state?.Transaction?.StartedAt > start.Timestamp
            ? null
            : new ChargerReport(start.ConnectorId, new TransactionHint(now, TransactionHintKind.StartedInThePast, transaction));
    }

    private async ValueTask<CallAnswer> OnStopTransactionAsync(ReadOnlyMemory<byte> payload)
    {
        if (Ocpp16Messages.ReadStopTransaction(payload.Span) is not { } stop)
            return RefuseTime();
        (int ConnectorId, OpenTransaction Transaction)? only = stop.TransactionId <= 0 ? ChargePoint.OnlyTransaction() : null;
        // An end without a usable id is that of the only transaction if we asked for it; else it is a reason to look (quirk Q44).
        long id = only is { } asked && ChargePoint.AskedToStop(asked.ConnectorId, asked.Transaction.Id)
            && long.TryParse(asked.Transaction.Id, CultureInfo.InvariantCulture, out long running) ? running : stop.TransactionId;
        StopOutcome outcome;
        try
        {
            outcome = await ChargePoint.CloseTransactionAsync(
                new TransactionStop(ChargePoint.Id, id, stop.Timestamp, stop.MeterStop, stop.Reason, stop.IdTag, Time.GetUtcNow(), Encoding.UTF8.GetString(payload.Span)),
                CancellationToken.None).WaitAsync(DurabilityLimit, Time);
        }
        catch (Exception e) when (e is StorageUnavailableException or TimeoutException)
        {
            return NotDurable();
        }
        byte[] answer = stop.IdTag is { } tag && ChargePoint.Authorize(tag) is var (status, parent)
            ? Ocpp16Messages.AuthorizeAnswer(status.ToString(), parent)
            : [.. EmptyAnswer.Span];
        return Answer(answer, EndOf(stop, Text(id), outcome, only));
    }

    /// <summary>What an end means for the live state; null = nothing, it is not about what runs.</summary>
    private ChargerReport? EndOf(StopTransaction stop, string id, StopOutcome outcome, (int ConnectorId, OpenTransaction Transaction)? only)
    {
        DateTimeOffset now = Time.GetUtcNow();
        bool past = _clock.IsPast(stop.Timestamp);
        if (past)
            Flag("clock_skew");
        int? connector = ChargePoint.ConnectorOf(id);
        if (outcome == StopOutcome.Quarantined)
        {
            Flag("quarantined");
            LogQuarantined(ChargePoint.Id, id);
            ChargePoint.NotifyQuarantined(stop.TransactionId);
        }
        if (connector is { } running)
        {
            if (ChargePoint.FindCharger(running)?.State.Transaction is { MeterStartKwh: { } begin } && stop.MeterStop / 1000 < begin)
                Flag("register_went_back");
            // An end by command that is told late may be another's, and the vehicle may have left since.
            bool byService = ChargePoint.EndedByService(running, id, past ? null : stop.Reason);
            return new ChargerReport(running, new TransactionClosed(now, id, byService, stop.MeterStop / 1000, stop.Reason));
        }
        if (ChargePoint.PastConnectorOf(id) is { } before)
            return new ChargerReport(before, new TransactionHint(now, TransactionHintKind.EndedInThePast, new OpenTransaction(id, "", default)));
        return only is { } suspect && !past
            ? new ChargerReport(suspect.ConnectorId, new TransactionHint(now, TransactionHintKind.EndSuspected, suspect.Transaction))
            : null;
    }

    private CallAnswer OnMeterValues(ReadOnlySpan<byte> payload)
    {
        MeterValues values = Ocpp16Messages.ReadMeterValues(payload);
        if (values.ConnectorId is < 0 or > MaxConnectorId)
            return WrongConnector();
        string? transaction = values.TransactionId is > 0 and { } id ? Text(id) : null;
        // Some tell a transaction's values for the charge point as a whole.
        int connector = values.ConnectorId == 0 && transaction is not null && ChargePoint.ConnectorOf(transaction) is { } its ? its : values.ConnectorId;
        if (connector == 0 || ChargePoint.FindCharger(connector) is not { } charger)
            return Answer(EmptyAnswer);
        DateTimeOffset? newest = Newest(values, out bool triggered);
        TimeSpan behind = _clock.Behind;
        if (newest is { } told)
        {
            if (triggered)
            {
                _clock.Learn(told);
            }
            else if (values.TransactionId is not null && _clock.IsReplayed(told))
            {
                DialectMetrics.Replayed.Add(1);
                return Answer(EmptyAnswer);
            }
            // Only values of a transaction are kept while a charge point is away: others are of now, whatever its clock says.
            behind = values.TransactionId is null && _clock.IsPast(told) ? Time.GetUtcNow() - told : _clock.Behind;
        }
        ChargerState state = charger.State;
        if (MeterDerivation.Derive(values.MeterValue, state.Meter, state.Rating.NominalVoltage, state.Rating.Phases, behind) is not { } sample)
            return Answer(EmptyAnswer);
        DateTimeOffset now = Time.GetUtcNow();
        var report = new ChargerReport(connector, new MeterReported(now, sample, transaction));
        return Answer(EmptyAnswer, transaction is null || transaction == state.Transaction?.Id
            ? report
            : report with { Next = new ChargerReport(connector, new TransactionHint(now, TransactionHintKind.Mentioned, new OpenTransaction(transaction, "", default))) });
    }

    private static DateTimeOffset? Newest(MeterValues values, out bool triggered)
    {
        triggered = false;
        DateTimeOffset? newest = null;
        foreach (MeterValue value in values.MeterValue)
        {
            DateTimeOffset? time = ChargerTime.Read(value.Timestamp);
            if (newest is null || time > newest)
                newest = time;
            foreach (ref readonly SampledValue sampled in value.SampledValue.AsSpan())
                triggered |= sampled.Context == "Trigger";
        }
        return newest;
    }

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);

    private static void Flag(string reason) => DialectMetrics.Flagged.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
