using System.Globalization;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// Finds out which transaction runs where a charge point does not say it plainly (quirks Q41 to Q45, Q52): started while it was away,
/// unknown since a restart, or never ended. Belongs to the charge point's loop; holds nothing but two references while idle.
/// </summary>
internal sealed class TransactionKeeper(Charger charger)
{
    private const string Superseded = "Superseded";

    /// <summary>In a replay the end of a transaction follows its start sooner than this.</summary>
    private static readonly TimeSpan s_replayPause = TimeSpan.FromSeconds(3);

    private volatile OpenTransaction? _past;
    private string? _asked;
    private string? _waitingForEnd;
    private bool _settling;

    private ChargePoint ChargePoint => charger.ChargePoint;

    private ChargersOptions Options => ChargePoint.Services.Options;

    private TimeProvider Time => ChargePoint.Services.Time;

    private bool InSession => charger.State.Reported is ConnectorStatus.Charging or ConnectorStatus.SuspendedEV or ConnectorStatus.SuspendedEVSE;

    /// <summary>The transaction that was started a while ago and whose end nobody told yet; null = none.</summary>
    public OpenTransaction? Past => _past;

    /// <summary>A hint; what follows from it is a fact to be folded, or null.</summary>
    public ChargerEvent? OnHint(TransactionHint hint)
    {
        string id = hint.Transaction.Id;
        switch (hint.Kind)
        {
            case TransactionHintKind.StartedInThePast when _past is null || _past.StartedAt <= hint.Transaction.StartedAt:
                _past = hint.Transaction;
                if (!_settling)
                    _ = SettleAsync(hint.Transaction);
                return null;
            case TransactionHintKind.EndedInThePast when _past?.Id == id:
                _past = null;
                return null;
            case TransactionHintKind.Mentioned:
                return OnMentioned(id);
            case TransactionHintKind.LookedUp when InSession || Delivers:
                return Adopt(hint.Transaction);
            case TransactionHintKind.StillOpen:
                return OnStillOpen(id);
            case TransactionHintKind.EndSuspected when charger.State.Transaction?.Id == id:
                AwaitEnd(id);
                return null;
            case TransactionHintKind.Abandoned:
                _waitingForEnd = null;
                if (charger.State.Transaction?.Id == id && IsFree)
                    _ = InferEndAsync(id);
                return null;
            default:
                return null;
        }
    }

    /// <summary>The charger told its status; what follows from it is a fact to be folded, or null.</summary>
    public ChargerEvent? OnStatus()
    {
        if (InSession && _past is { } past)
            return Adopt(past);
        if (charger.State is { Reported: ConnectorStatus.Available, Transaction: { } running })
            AwaitEnd(running.Id);
        return null;
    }

    /// <summary>Some tell no status after a local stop (quirk Q52): they are asked for it.</summary>
    public void OnClosed()
    {
        _asked = null;
        if (InSession)
            _ = AskForStatusAsync();
    }

    private bool Delivers => charger.State.Meter?.PowerKw >= ChargerState.FlowThresholdKw;

    /// <summary>Nobody is plugged in, or the session is over, and nothing flows.</summary>
    private bool IsFree => charger.State.Reported is ConnectorStatus.Available or ConnectorStatus.Finishing or ConnectorStatus.Preparing
        && !(charger.State.PowerKw >= ChargerState.FlowThresholdKw);

    private TransactionOpened? Adopt(OpenTransaction transaction)
    {
        _past = null;
        ChargerState state = charger.State;
        bool known = state.Transaction?.Id == transaction.Id || state.LastEndedTransactionId == transaction.Id;
        if (known || state.Transaction?.StartedAt > transaction.StartedAt)
            return null;
        return new TransactionOpened(Time.GetUtcNow(), transaction);
    }

    private TransactionOpened? OnMentioned(string id)
    {
        ChargerState state = charger.State;
        if (state.Transaction?.Id == id || state.LastEndedTransactionId == id)
            return null;
        if (_past is { } past && past.Id == id)
            return Adopt(past);
        if (_asked != id && (InSession || Delivers) && long.TryParse(id, CultureInfo.InvariantCulture, out long number) && number is > 0 and <= int.MaxValue)
        {
            _asked = id;
            _ = LookUpAsync(id, number);
        }
        return null;
    }

    private TransactionOpened? OnStillOpen(string id)
    {
        _settling = false;
        if (_past is not { } past)
            return null;
        if (past.Id == id)
            return charger.State.Plugged ? Adopt(past) : null;
        _ = SettleAsync(past);
        return null;
    }

    private void AwaitEnd(string id)
    {
        if (_waitingForEnd == id)
            return;
        _waitingForEnd = id;
        _ = LaterAsync(Options.InferEndAfter, TransactionHintKind.Abandoned, new OpenTransaction(id, "", default));
    }

    private async Task SettleAsync(OpenTransaction past)
    {
        _settling = true;
        await LaterAsync(s_replayPause, TransactionHintKind.StillOpen, past);
    }

    private async Task LaterAsync(TimeSpan delay, TransactionHintKind kind, OpenTransaction transaction)
    {
        await Task.Delay(delay, Time);
        ChargePoint.Post(charger.ConnectorId, new TransactionHint(Time.GetUtcNow(), kind, transaction));
    }

    /// <summary>
    /// Whose is it? Adopted is what the store knows as open here, or as ended by this service's own guess, and what
    /// nobody knows: it runs since before this service had the charge point.
    /// </summary>
    private async Task LookUpAsync(string id, long number)
    {
        try
        {
            TransactionRecord? record = await ChargePoint.Services.Store.FindTransactionAsync(number, CancellationToken.None);
            bool ours = record is not null && record.ChargePoint == ChargePoint.Id && record.ConnectorId == charger.ConnectorId
                && (record.StoppedAt is null || record.StopReason is TransactionClosed.Inferred or Superseded);
            OpenTransaction? found = record is null ? new OpenTransaction(id, "", default)
                : ours ? new OpenTransaction(id, record.IdTag, record.StartedAt, record.MeterStartWh / 1000) : null;
            if (found is not null)
                ChargePoint.Post(charger.ConnectorId, new TransactionHint(Time.GetUtcNow(), TransactionHintKind.LookedUp, found));
        }
        catch (StorageUnavailableException)
        {
            // The next mention asks again.
            _asked = null;
        }
    }

    private async Task InferEndAsync(string id)
    {
        DateTimeOffset now = Time.GetUtcNow();
        try
        {
            if (long.TryParse(id, CultureInfo.InvariantCulture, out long number))
                await ChargePoint.CloseInferredAsync(number, now, TransactionClosed.Inferred, CancellationToken.None);
            ChargePoint.Post(charger.ConnectorId, new TransactionClosed(now, id, ByService: false, null, TransactionClosed.Inferred));
        }
        catch (StorageUnavailableException)
        {
            await LaterAsync(Options.InferEndAfter, TransactionHintKind.Abandoned, new OpenTransaction(id, "", default));
        }
    }

    private async Task AskForStatusAsync()
    {
        await Task.Delay(Options.StatusTriggerAfter, Time);
        if (InSession && charger.State.Transaction is null && ChargePoint is { IsReady: true, Session: { } session })
            await session.TriggerAsync(TriggerKind.Status, charger.ConnectorId, CancellationToken.None);
    }
}
