using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// Makes the desired cap of one charger true and keeps it true (charger behaviour, section 5). Runs only while something is to
/// be done; any number of reasons that arrive meanwhile lead to one more round with the newest value.
/// </summary>
internal sealed class CapKeeper
{
    /// <summary>Stands in for a rating that nobody told where a limit must be named although none is desired, kW.</summary>
    public const double UnknownRatingKw = 43;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(10);

    private readonly Charger _charger;
    private int _rounds;
    private int _reasons = (int)CapReason.Distrust;
    private TaskCompletionSource? _wake;
    private volatile Writing? _writing;
    private LimitRequest? _written;
    private long _writtenAt;
    private bool _everWritten;
    private int _transactionWrites;
    private volatile TransactionLimit? _transactionLimit;
    private volatile string? _refused;

    public CapKeeper(Charger charger)
    {
        _charger = charger;
        Proof = new CapProof(charger);
        Guard = new CapGuard(charger);
    }

    /// <summary>A write on its way, given up between two forms or before it is sent when a newer cap is desired.</summary>
    private sealed record Writing(double Desired, CancellationTokenSource Outdated);

    /// <summary>The limit that a transaction was last seen to accept.</summary>
    private sealed record TransactionLimit(string TransactionId, double Kilowatts);

    /// <summary>Whether what was accepted is also shown.</summary>
    public CapProof Proof { get; }

    /// <summary>What is measured against what was accepted.</summary>
    public CapGuard Guard { get; }

    /// <summary>Why the desired cap is not in force; null = it is, or there is nothing to do.</summary>
    public string? Unmet => _refused ?? Guard.Drift;

    /// <summary>The limit that should hold now, kW; null = none of ours.</summary>
    public double? Wanted => _charger.State is { Held: true, Transaction: not null } ? 0 : Desired() is { } kw ? Signalled(kw, MeasuredVoltage).Kilowatts : null;

    /// <summary>The limit in force is for one phase although the installation has more.</summary>
    public bool IsOnOnePhase => _written is { Phases: 1 } && _charger.State.Rating.Phases != 1;

    private ChargePoint ChargePoint => _charger.ChargePoint;

    private TimeProvider Time => ChargePoint.Services.Time;

    /// <summary>The charge point may have lost what it was told: look before trusting (quirk Q78).</summary>
    public void Distrust() => Interlocked.Or(ref _reasons, (int)CapReason.Distrust);

    /// <summary>Starts a round unless one runs; then that one makes another.</summary>
    public void Ensure(CapReason reason = CapReason.None)
    {
        Interlocked.Or(ref _reasons, (int)reason);
        if (Wanted is null || !ChargePoint.IsPrepared)
            return;
        if (_writing is { } writing && Desired() != writing.Desired)
            writing.Outdated.Cancel();
        if (Interlocked.Increment(ref _rounds) == 1)
            _ = RunAsync();
        else
            Volatile.Read(ref _wake)?.TrySetResult();
    }

    /// <summary>The cap as a limit request; null when none is desired.</summary>
    public LimitRequest? DesiredLimit(string? transactionId) => Desired() is { } kw ? Limit(kw, transactionId) : null;

    /// <summary>
    /// A limit request for this charger; a value too low to be signalled is for one phase where the charge point can switch to
    /// it and that suffices, else zero (quirk Q71).
    /// </summary>
    public LimitRequest Limit(double kilowatts, string? transactionId)
    {
        double? measured = MeasuredVoltage;
        (double signalled, int? phases) = Signalled(kilowatts, measured);
        return new LimitRequest(_charger.ConnectorId, signalled, transactionId, phases, _charger.State.Rating.NominalVoltage, measured);
    }

    private double? MeasuredVoltage => ChargeRate.PhaseVoltage(_charger.State.Meter?.VoltageV, _charger.State.Rating.NominalVoltage);

    private (double Kilowatts, int? Phases) Signalled(double kilowatts, double? measured)
    {
        ChargerRating rating = _charger.State.Rating;
        if (!ChargeRate.IsBelowMinimum(kilowatts, rating.Phases, rating.NominalVoltage, measured))
            return (kilowatts, rating.Phases);
        bool onePhase = ChargePoint.Record?.Learned.SwitchesPhases == true && !ChargeRate.IsBelowMinimum(kilowatts, 1, rating.NominalVoltage, measured);
        return onePhase ? (kilowatts, 1) : (0, rating.Phases);
    }

    /// <summary>Writes a limit of the running transaction; what it has accepted last is known afterwards, or known to be unknown.</summary>
    public async Task<CallAnswerSummary> SetTransactionLimitAsync(IChargePointSession session, LimitRequest limit, CancellationToken cancellationToken)
    {
        int write = Interlocked.Increment(ref _transactionWrites);
        _transactionLimit = null;
        CallAnswerSummary answer = await session.SetLimitAsync(limit, cancellationToken);
        if (answer.Accepted && write == Volatile.Read(ref _transactionWrites))
            _transactionLimit = new TransactionLimit(limit.TransactionId!, limit.Kilowatts);
        return answer;
    }

    private double? Desired()
    {
        foreach (DeviceRecord device in ChargePoint.Record?.Devices ?? [])
        {
            if (device.Id == _charger.DeviceId)
                return device.MaxChargeRate?.Kilowatts;
        }
        return null;
    }

    private async Task RunAsync()
    {
        TimeSpan retry = FirstRetry;
        try
        {
            while (true)
            {
                int seen = Volatile.Read(ref _rounds);
                bool done = await RoundAsync();
                if (!done && ChargePoint.IsPrepared)
                {
                    retry = await WakeOrAsync(seen, retry) ? FirstRetry : Min(retry * 2, LastRetry);
                    continue;
                }
                if (Interlocked.CompareExchange(ref _rounds, 0, seen) == seen)
                    return;
            }
        }
        catch (Exception e)
        {
            Interlocked.Exchange(ref _rounds, 0);
            ChargePoint.OnCapFailed(_charger, e);
        }
    }

    /// <summary>Waits for the retry; true when a new reason to try came first.</summary>
    private async Task<bool> WakeOrAsync(int seen, TimeSpan retry)
    {
        var wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _wake, wake);
        if (Volatile.Read(ref _rounds) != seen)
            return true;
        try
        {
            await wake.Task.WaitAsync(retry, Time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>One round: true when the newest cap is in force or the link is gone, false to try again later.</summary>
    private async Task<bool> RoundAsync()
    {
        if (ChargePoint.Session is not { } session || !ChargePoint.IsPrepared || Wanted is null)
            return true;
        var reasons = (CapReason)Interlocked.Exchange(ref _reasons, 0);
        RoundEnd end = Desired() is { } desired ? await KeepDefaultAsync(session, desired, reasons) : RoundEnd.Unchanged;
        bool written = end == RoundEnd.Written;
        if (end is RoundEnd.Unchanged or RoundEnd.Written)
        {
            CapReason still = written ? reasons | CapReason.Transaction : reasons;
            end = await KeepTransactionAsync(session, still);
            written |= end == RoundEnd.Written;
        }
        if (end is RoundEnd.Unchanged or RoundEnd.Written)
        {
            if (!written || Wanted is not { } wanted || await Proof.HoldsAsync(session, Limit(wanted, null)))
            {
                _refused = null;
                return true;
            }
            end = Refuse("the charge point accepts the limit and shows a higher one", "capDrifted");
            reasons |= CapReason.Ignored;
        }
        // What was a reason for this round is one for the next, unless a newer cap stands behind the end of this one.
        Interlocked.Or(ref _reasons, (int)(end == RoundEnd.LinkLost ? reasons | CapReason.Distrust : reasons));
        return end == RoundEnd.LinkLost;
    }

    /// <summary>The connector's own limit, which outlives transactions and, as the standard has it, reboots.</summary>
    private async Task<RoundEnd> KeepDefaultAsync(IChargePointSession session, double desired, CapReason reasons)
    {
        LimitRequest limit = Limit(desired, null);
        bool mustWrite = (reasons & (CapReason.Drift | CapReason.Ignored)) != 0;
        bool inForce = !mustWrite && ((reasons & CapReason.Distrust) != 0
            ? _charger.State.AppliedCapKw == limit.Kilowatts && await Proof.ShowsAsync(session, limit)
            : _written is not null && SameFrame(_written, limit));
        if (!inForce)
        {
            await BudgetAsync();
            if (Desired() is { } newest && newest != desired)
                limit = Limit(desired = newest, null);
            var writing = new Writing(desired, new CancellationTokenSource());
            _writing = writing;
            CallAnswerSummary answer = await session.SetLimitAsync(limit with { LastFormIgnored = (reasons & CapReason.Ignored) != 0 }, writing.Outdated.Token);
            _writing = null;
            if (answer.Sent)
            {
                _writtenAt = Time.GetTimestamp();
                _everWritten = true;
            }
            if (!answer.Accepted)
                return Desired() == desired ? Refused(answer) : RoundEnd.Refused;
            Guard.OnWritten();
        }
        _written = limit;
        ChargePoint.Post(_charger.ConnectorId, new CapApplied(Time.GetUtcNow(), limit.Kilowatts));
        return inForce ? RoundEnd.Unchanged : RoundEnd.Written;
    }

    /// <summary>The running transaction's own limit: the cap, or zero while the session is held.</summary>
    private async Task<RoundEnd> KeepTransactionAsync(IChargePointSession session, CapReason reasons)
    {
        if (_charger.State.Transaction?.Id is not { } transaction || Wanted is not { } wanted)
            return RoundEnd.Unchanged;
        bool asked = (reasons & (CapReason.Transaction | CapReason.Drift | CapReason.Distrust)) != 0;
        if (!asked && _transactionLimit is { } last && last == new TransactionLimit(transaction, wanted))
            return RoundEnd.Unchanged;
        CallAnswerSummary answer = await SetTransactionLimitAsync(session, Limit(wanted, transaction), CancellationToken.None);
        if (answer.Accepted)
            return RoundEnd.Written;
        // It ended meanwhile, or the connector's own limit is enough for this charge point.
        bool needless = _charger.State.Transaction?.Id != transaction
            || (answer.Status is CallStatus.Rejected or CallStatus.NotSupported && !_charger.State.Held && await Proof.ShowsWithinAsync(session, Limit(wanted, null)));
        return needless ? RoundEnd.Unchanged : Refused(answer);
    }

    private static bool SameFrame(LimitRequest a, LimitRequest b) =>
        (a.Kilowatts, a.Phases, a.NominalVoltage) == (b.Kilowatts, b.Phases, b.NominalVoltage);

    /// <summary>Keeps persistent writes to one connector apart (quirk Q79); a newer value replaces the one that waits.</summary>
    private async Task BudgetAsync()
    {
        TimeSpan interval = ChargePoint.Services.Options.LimitWriteInterval;
        if (_everWritten && Time.GetElapsedTime(_writtenAt) is var since && since < interval)
            await Task.Delay(interval - since, Time);
    }

    private RoundEnd Refused(CallAnswerSummary answer) => answer.Status switch
    {
        CallStatus.LinkLost => RoundEnd.LinkLost,
        CallStatus.TimedOut => Refuse("the charge point does not answer SetChargingProfile", "capRefused"),
        CallStatus.NotSupported => Refuse("the charge point does not support charging profiles", "capRefused"),
        CallStatus.Busy => Refuse("too many calls are waiting", "capRefused"),
        _ => Refuse("the charge point refuses the charging profile", "capRefused"),
    };

    private RoundEnd Refuse(string why, string notice)
    {
        bool first = _refused is null;
        _refused = why;
        if (first)
            ChargePoint.Notify(_charger, notice, why);
        return RoundEnd.Refused;
    }

    private enum RoundEnd
    {
        /// <summary>Nothing had to be written.</summary>
        Unchanged,
        Written,
        Refused,
        LinkLost,
    }
}
