using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// Writes the limits of one charger and knows what was accepted: the connector's own, which outlives transactions and reboots,
/// and the one of the running transaction. Used by one round at a time.
/// </summary>
internal sealed class CapWriter(Charger charger, CapKeeper keeper)
{
    private volatile Writing? _writing;
    private volatile LimitRequest? _written;
    private volatile LimitRequest? _transactionLimit;
    private volatile LimitRequest? _transactionRefusal;
    private volatile HighestLimit? _highest;
    private int _transactionWrites;
    private bool _appliedByTransaction;
    private double? _applied;
    private long _writtenAt;
    private bool _everWritten;

    /// <summary>A write on its way, given up between two forms when another value is wanted by then.</summary>
    private sealed record Writing(double Value, LimitRequest Limit, CancellationTokenSource Outdated)
    {
        public bool IsOutdated => Outdated.IsCancellationRequested;
    }

    /// <summary>The highest limit that a transaction has accepted, or may have without a word, kW.</summary>
    private sealed record HighestLimit(string TransactionId, double Kilowatts);

    /// <summary>The limit in force is for one phase although the installation has more.</summary>
    public bool IsOnOnePhase => _written is { Phases: 1 } && charger.State.Rating.Phases != 1;

    /// <summary>The limits that are accepted and not taken back: the connector's own and the running transaction's.</summary>
    public IReadOnlyList<LimitRequest> Accepted()
    {
        LimitRequest? running = _transactionLimit is { } limit && limit.TransactionId == charger.State.Transaction?.Id ? limit : null;
        return (_written, running) switch
        {
            ({ } own, { } both) => [own, both],
            ({ } own, null) => [own],
            (null, { } alone) => [alone],
            _ => [],
        };
    }

    /// <summary>What was accepted may be gone.</summary>
    public void Forget() => (_written, _transactionLimit) = (null, null);

    private ChargePoint ChargePoint => charger.ChargePoint;

    private TimeProvider Time => ChargePoint.Services.Time;

    private bool InWatts => ChargePoint.Learned.RateUnit == "W";

    /// <summary>What is left of the time between two persistent writes (quirk Q79).</summary>
    private TimeSpan Pause => _everWritten ? ChargePoint.Services.Options.LimitWriteInterval - Time.GetElapsedTime(_writtenAt) : TimeSpan.Zero;

    /// <summary>Ends a write on its way when another value is wanted by now.</summary>
    public void GiveUpOutdated()
    {
        if (_writing is { } writing)
            IsStillWanted(writing);
    }

    /// <summary>Asked before each form too: what is acknowledged to an app holds from then on, though its news is still on its way here.</summary>
    private bool IsStillWanted(Writing writing)
    {
        bool running = writing.Limit.TransactionId is not null;
        if ((running ? keeper.Wanted : keeper.Desired()) == writing.Value && IsSame(writing.Limit, keeper.Limit(writing.Value, null)))
            return true;
        writing.Outdated.Cancel();
        return false;
    }

    /// <summary>At the voltage measured by now, more was accepted or is being written than the cap allows, or can be signalled.</summary>
    public bool ExceedsNow() => (_writing?.Limit ?? _written) is { Kilowatts: > 0 } limit && keeper.Limit(limit.Kilowatts, null) is var now
        && (now.Kilowatts < limit.Kilowatts || (!InWatts && Amperes(limit) > Amperes(now)));

    /// <summary>The limit of a write, with what tells its sender whether a newer one is wanted by then, and which.</summary>
    private LimitRequest Following(Writing writing) => writing.Limit with
    {
        StillWanted = () => IsStillWanted(writing),
        Newest = () => keeper.Limit((writing.Limit.TransactionId is null ? keeper.Desired() : keeper.Wanted) ?? writing.Value, writing.Limit.TransactionId),
    };

    public void OnTransactionClosed()
    {
        (_transactionLimit, _transactionRefusal) = (null, null);
        if (!_appliedByTransaction)
            return;
        _appliedByTransaction = false;
        Applied(_written?.Kilowatts);
    }

    /// <summary>One round: the connector's own limit, and the one of the transaction that runs.</summary>
    public async Task<CapWrite> KeepAsync(IChargePointSession session, CapReason reasons)
    {
        bool written = false;
        if (charger.State.Transaction is not null && Pause > TimeSpan.Zero)
        {
            // A running transaction must not wait for the turn of a persistent write; its own limit is none.
            CapWrite early = await KeepTransactionAsync(session, reasons);
            if (early.Kind is CapWriteKind.LinkLost or CapWriteKind.Outdated)
                return early with { Open = reasons };
            written = early.Kind == CapWriteKind.Written;
            reasons = written ? reasons & ~(CapReason.Transaction | CapReason.Ignored) : reasons;
        }
        CapWrite own = await KeepDefaultAsync(session, reasons);
        if (own.Kind is CapWriteKind.LinkLost or CapWriteKind.Outdated)
            return own with { Open = reasons };
        if (own.Kind == CapWriteKind.Written)
            reasons &= ~CapReason.Ignored;
        CapWrite running = written && own.Kind != CapWriteKind.Written
            ? new CapWrite(CapWriteKind.Unchanged)
            : await KeepTransactionAsync(session, written ? CapReason.None : reasons);
        if (running.Kind is CapWriteKind.LinkLost or CapWriteKind.Outdated)
            return running with { Open = reasons };
        if (own.Kind == CapWriteKind.Unchanged && (reasons & CapReason.Resumed) != CapReason.None && _transactionRefusal is { } refused
            && !await keeper.Proof.ShowsWithinAsync(session, refused))
        {
            // It takes no limits of transactions and may have forgotten its own on resuming (quirk Q72).
            own = await KeepDefaultAsync(session, reasons | CapReason.Drift);
        }
        written |= own.Kind == CapWriteKind.Written || running.Kind == CapWriteKind.Written;
        if (own.IsDone)
            return !running.IsDone ? running with { Open = reasons & CapReason.Ignored } : written ? new CapWrite(CapWriteKind.Written) : running;
        own = own with { Open = reasons };
        if (_transactionLimit is not { } limit)
            return own;
        // The cap holds as long as the transaction runs; what comes after it is told, and tried again.
        _appliedByTransaction = true;
        Applied(limit.Kilowatts);
        return own with { Why = "holds in the running transaction alone: " + own.Why };
    }

    /// <summary>Writes a limit of the running transaction; what it has accepted last is known afterwards, or known to be unknown.</summary>
    public async Task<CallAnswerSummary> SetTransactionLimitAsync(IChargePointSession session, LimitRequest limit, CancellationToken cancellationToken)
    {
        int write = Interlocked.Increment(ref _transactionWrites);
        (_transactionLimit, _transactionRefusal) = (null, null);
        CallAnswerSummary answer = await session.SetLimitAsync(limit, cancellationToken);
        if (answer.Status is CallStatus.Accepted or CallStatus.TimedOut or CallStatus.LinkLost)
            _highest = new HighestLimit(limit.TransactionId!, Math.Max(limit.Kilowatts, _highest?.TransactionId == limit.TransactionId ? _highest!.Kilowatts : 0));
        if (answer.Accepted && write == Volatile.Read(ref _transactionWrites))
            _transactionLimit = limit;
        return answer;
    }

    private async Task<CapWrite> KeepDefaultAsync(IChargePointSession session, CapReason reasons)
    {
        if (keeper.Desired() is not { } desired)
            return new CapWrite(CapWriteKind.Unchanged);
        LimitRequest limit = keeper.Limit(desired, null);
        if (await IsInForceAsync(session, limit, reasons))
        {
            Note(limit);
            return new CapWrite(CapWriteKind.Unchanged);
        }
        // A newer value begins anew: a running transaction is to have it before the pause is over.
        if (Pause is var pause && pause > TimeSpan.Zero && await keeper.WakeOrAsync(pause))
            return new CapWrite(CapWriteKind.Outdated);
        // Reading has taken its time: the newest counts.
        if (keeper.Desired() is not { } newest)
            return new CapWrite(CapWriteKind.Unchanged);
        limit = keeper.Limit(newest, null) with { LastFormIgnored = (reasons & CapReason.Ignored) != CapReason.None };
        var writing = new Writing(newest, limit, new CancellationTokenSource());
        LimitRequest? before = _written;
        _written = null;
        CallAnswerSummary answer = await WriteAsync(writing, token => session.SetLimitAsync(Following(writing), token));
        // Without an answer nobody knows which of the two it holds.
        if (!answer.Sent || answer.Status is CallStatus.Rejected or CallStatus.NotSupported)
            _written = before;
        // A refusal has written nothing; a silence may have.
        if (answer.Sent && answer.Status is CallStatus.Accepted or CallStatus.TimedOut or CallStatus.LinkLost)
        {
            _writtenAt = Time.GetTimestamp();
            _everWritten = true;
        }
        if (!answer.Accepted)
            return writing.IsOutdated ? new CapWrite(CapWriteKind.Outdated) : CapWrite.Of(answer);
        if (!IsStillWanted(writing))
        {
            // It may hold this one or the newer.
            _written = null;
            return new CapWrite(CapWriteKind.Outdated);
        }
        keeper.Guard.OnWritten();
        Note(limit);
        return new CapWrite(CapWriteKind.Written);
    }

    private async Task<CallAnswerSummary> WriteAsync(Writing writing, Func<CancellationToken, Task<CallAnswerSummary>> write)
    {
        _writing = writing;
        GiveUpOutdated();
        try
        {
            return await write(writing.Outdated.Token);
        }
        finally
        {
            _writing = null;
        }
    }

    private async Task<bool> IsInForceAsync(IChargePointSession session, LimitRequest limit, CapReason reasons)
    {
        // What flows although the session is held is not against this limit.
        if ((reasons & (CapReason.Drift | CapReason.Ignored)) != CapReason.None && !charger.State.Held)
            return false;
        bool known = _written is { } written && IsSame(written, limit);
        if ((reasons & CapReason.Distrust) != CapReason.None)
        {
            // While a transaction has a limit of its own, that is the one which is shown, and nothing tells of this one.
            bool hidden = charger.State.Transaction is { } running && running.Id == _highest?.TransactionId;
            return charger.State.AppliedCapKw == limit.Kilowatts && !hidden && await keeper.Proof.ShowsAsync(session, limit);
        }
        if (!known)
            return false;
        return (reasons & CapReason.TransactionEnded) == CapReason.None || !await keeper.Proof.ShowsMoreAsync(session, limit);
    }

    private async Task<CapWrite> KeepTransactionAsync(IChargePointSession session, CapReason reasons)
    {
        if (charger.State.Transaction?.Id is not { } transaction || keeper.Wanted is not { } wanted)
            return new CapWrite(CapWriteKind.Unchanged);
        LimitRequest limit = keeper.Limit(wanted, transaction);
        bool asked = (reasons & (CapReason.Transaction | CapReason.Drift | CapReason.Ignored)) != CapReason.None;
        bool known = (_transactionLimit ?? _transactionRefusal) is { } last && last.TransactionId == transaction && IsSame(last, limit);
        bool shown = known && ((reasons & CapReason.Distrust) == CapReason.None || await keeper.Proof.ShowsAsync(session, limit));
        if (!asked && shown)
            return new CapWrite(CapWriteKind.Unchanged);
        if (keeper.Wanted is not { } newest)
            return new CapWrite(CapWriteKind.Unchanged);
        limit = keeper.Limit(newest, transaction) with { LastFormIgnored = (reasons & CapReason.Ignored) != CapReason.None };
        var writing = new Writing(newest, limit, new CancellationTokenSource());
        CallAnswerSummary answer = await WriteAsync(writing, token => SetTransactionLimitAsync(session, Following(writing), token));
        if (answer.Accepted && charger.State.Transaction?.Id == transaction && !IsStillWanted(writing))
        {
            _transactionLimit = null;
            return new CapWrite(CapWriteKind.Outdated);
        }
        if (answer.Accepted)
        {
            keeper.Guard.OnWritten();
            return new CapWrite(CapWriteKind.Written);
        }
        if (charger.State.Transaction?.Id != transaction)
            return new CapWrite(CapWriteKind.Unchanged);
        if (writing.IsOutdated)
            return new CapWrite(CapWriteKind.Outdated);
        // Many take no limits of transactions (quirk Q60): the connector's own is enough there unless a higher one of the
        // transaction stands in its way, and the session is not to be held.
        bool harmless = _highest is not { } highest || highest.TransactionId != transaction || highest.Kilowatts <= limit.Kilowatts;
        bool needless = answer.Status is CallStatus.Rejected or CallStatus.NotSupported && !charger.State.Held
            && (harmless || await keeper.Proof.ShowsWithinAsync(session, limit));
        if (!needless)
            return CapWrite.Of(answer);
        _transactionRefusal = limit;
        return new CapWrite(CapWriteKind.Unchanged);
    }

    private void Note(LimitRequest limit)
    {
        bool news = charger.State.AppliedCapKw != limit.Kilowatts || charger.State.AppliedCapPhases != limit.Phases || _applied != limit.Kilowatts;
        _written = limit;
        _appliedByTransaction = false;
        if (news)
            Applied(limit.Kilowatts, limit.Phases);
    }

    private void Applied(double? kilowatts, int? phases = null)
    {
        _applied = kilowatts;
        ChargePoint.Post(charger.ConnectorId, new CapApplied(Time.GetUtcNow(), kilowatts, phases));
    }

    /// <summary>
    /// What was accepted is what would be written. Where the voltage alone has fallen, a few amperes too little stay, to save
    /// the charge point a write.
    /// </summary>
    private bool IsSame(LimitRequest accepted, LimitRequest wanted)
    {
        if (accepted.Kilowatts != wanted.Kilowatts)
            return false;
        if (InWatts)
            return accepted.Phases == wanted.Phases;
        bool sameFrame = accepted.Phases == wanted.Phases && accepted.NominalVoltage == wanted.NominalVoltage;
        return sameFrame ? Amperes(accepted) <= Amperes(wanted) : Amperes(accepted) == Amperes(wanted);
    }

    private static double Amperes(LimitRequest limit) =>
        ChargeRate.ToAmperes(limit.Kilowatts, limit.Phases, limit.NominalVoltage, limit.MeasuredVoltage);
}
