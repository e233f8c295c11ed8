using System.Globalization;
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

    private readonly Charger _charger;
    private readonly CapWriter _writer;
    private double _highestVoltage;
    private double _newestVoltage;
    private int _rounds;
    private int _seen;
    private int _reasons = (int)CapReason.Distrust;
    private TaskCompletionSource? _wake;
    private volatile Task? _pause;
    private volatile string? _refused;

    public CapKeeper(Charger charger)
    {
        _charger = charger;
        Proof = new CapProof(charger);
        Guard = new CapGuard(charger);
        _writer = new CapWriter(charger, this);
    }

    /// <summary>Whether what was accepted is also shown.</summary>
    public CapProof Proof { get; }

    /// <summary>What is measured against what was accepted.</summary>
    public CapGuard Guard { get; }

    /// <summary>Why the desired cap is not in force; null = it is, as far as is known, or none is desired.</summary>
    public string? Unmet
    {
        get
        {
            if (Desired() is not { } desired)
                return null;
            if (ChargePoint.IsOnline && (_refused ?? Guard.Drift) is { } known)
                return known;
            double signalled = Signalled(desired).Kilowatts;
            return _charger.State.AppliedCapKw is { } applied && applied <= signalled ? null
                : ChargePoint.IsOnline ? "not yet accepted by the charge point" : "the charge point is not connected";
        }
    }

    /// <summary>The limit that should hold now, kW; null = none of ours.</summary>
    public double? Wanted =>
        _charger.State is { Held: true, Transaction: not null } ? 0 : Desired() is { } kw ? Signalled(kw).Kilowatts : null;

    /// <summary>A round is under way and does not wait for the clock; it may wait for the charge point.</summary>
    public bool IsAtWork => Volatile.Read(ref _rounds) != 0
        && (_pause is not { IsCompleted: false } || Volatile.Read(ref _wake) is { Task.IsCompleted: true });

    private ChargePoint ChargePoint => _charger.ChargePoint;

    private TimeProvider Time => ChargePoint.Services.Time;

    /// <summary>The newest voltage, or the highest of this transaction, so that a limit does not follow each swing of the grid.</summary>
    private double? MeasuredVoltage
    {
        get
        {
            double? newest = ChargeRate.PhaseVoltage(_charger.State.Meter?.VoltageV, _charger.State.Rating.NominalVoltage);
            double highest = Volatile.Read(ref _highestVoltage);
            return highest > (newest ?? 0) ? highest : newest;
        }
    }

    /// <summary>The cap of the registry, kW.</summary>
    public double? Desired()
    {
        foreach (DeviceRecord device in ChargePoint.Record?.Devices ?? [])
        {
            if (device.Id == _charger.DeviceId)
                return device.MaxChargeRate?.Kilowatts;
        }
        return null;
    }

    /// <summary>The cap as a limit request; null when none is desired.</summary>
    public LimitRequest? DesiredLimit(string? transactionId) => Desired() is { } kw ? Limit(kw, transactionId) : null;

    /// <summary>
    /// A limit request for this charger; a value too low to be signalled is for one phase where the charge point can switch to
    /// it and that suffices, else zero (quirk Q71).
    /// </summary>
    public LimitRequest Limit(double kilowatts, string? transactionId)
    {
        (double signalled, int? phases) = Signalled(kilowatts);
        return new LimitRequest(_charger.ConnectorId, signalled, transactionId, phases, _charger.State.Rating.NominalVoltage, MeasuredVoltage);
    }

    /// <summary>Writes a limit of the running transaction out of turn; what it has accepted last is known afterwards.</summary>
    public Task<CallAnswerSummary> SetTransactionLimitAsync(IChargePointSession session, LimitRequest limit, CancellationToken cancellationToken) =>
        _writer.SetTransactionLimitAsync(session, limit, cancellationToken);

    /// <summary>The charge point may have lost what it was told: look before trusting (quirk Q78).</summary>
    public void Distrust() => Interlocked.Or(ref _reasons, (int)CapReason.Distrust);

    /// <summary>Starts a round unless one runs; then that one makes another.</summary>
    public void Ensure(CapReason reason = CapReason.None)
    {
        Interlocked.Or(ref _reasons, (int)reason);
        if (Wanted is null || !ChargePoint.IsPrepared)
            return;
        _writer.GiveUpOutdated();
        if (Interlocked.Increment(ref _rounds) == 1)
            _ = RunAsync();
        else
            Volatile.Read(ref _wake)?.TrySetResult();
    }

    /// <summary>The loop's side: a sample came.</summary>
    public void OnMeter(MeterSample sample)
    {
        Guard.OnMeter(sample);
        if (ChargeRate.PhaseVoltage(sample.VoltageV, _charger.State.Rating.NominalVoltage) is not { } voltage)
            return;
        _newestVoltage = voltage;
        if (voltage <= _highestVoltage)
            return;
        Volatile.Write(ref _highestVoltage, voltage);
        if (_writer.ExceedsNow())
            Ensure();
    }

    /// <summary>The loop's side: the transaction is over, and with it its limit.</summary>
    public void OnTransactionClosed()
    {
        Guard.OnTransactionClosed();
        _writer.OnTransactionClosed();
        Volatile.Write(ref _highestVoltage, _newestVoltage);
        // Some lose all limits with a transaction: what is shown now is about the connector's own.
        Ensure(CapReason.TransactionEnded);
    }

    /// <summary>More is measured than was accepted: the limit goes out again, in another form when that did not help before.</summary>
    public void OnDrift(bool again)
    {
        if (_writer.IsOnOnePhase)
            ChargePoint.Learn(static learned => learned with { SwitchesPhases = false });
        Ensure(CapReason.Drift | (again ? CapReason.Ignored : CapReason.None));
    }

    private (double Kilowatts, int? Phases) Signalled(double kilowatts)
    {
        ChargerRating rating = _charger.State.Rating;
        double? measured = MeasuredVoltage;
        if (!ChargeRate.IsBelowMinimum(kilowatts, rating.Phases, rating.NominalVoltage, measured))
            return (kilowatts, rating.Phases);
        bool onePhase = ChargePoint.Learned.SwitchesPhases == true && !ChargeRate.IsBelowMinimum(kilowatts, 1, rating.NominalVoltage, measured);
        return onePhase ? (kilowatts, 1) : (0, rating.Phases);
    }

    private async Task RunAsync()
    {
        TimeSpan first = ChargePoint.Services.Options.LimitRetryAfter;
        TimeSpan last = ChargePoint.Services.Options.LimitRetryAtMost;
        TimeSpan retry = first;
        try
        {
            while (true)
            {
                int seen = _seen = Volatile.Read(ref _rounds);
                bool done = await RoundAsync();
                if (!done && ChargePoint.IsPrepared)
                {
                    retry = await WakeOrAsync(retry) ? first : retry * 2 < last ? retry * 2 : last;
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

    /// <summary>Waits within a round; true when a new reason to try came first.</summary>
    public async Task<bool> WakeOrAsync(TimeSpan limit)
    {
        var wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _wake, wake);
        try
        {
            if (Volatile.Read(ref _rounds) != _seen)
                return true;
            Task pause = wake.Task.WaitAsync(limit, Time);
            _pause = pause;
            // What follows must not run inside the end of the timer.
            await pause.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            _pause = null;
            Volatile.Write(ref _wake, null);
        }
    }

    /// <summary>Gives the charge point a moment within a round.</summary>
    public async Task PauseAsync(TimeSpan moment)
    {
        Task pause = Task.Delay(moment, Time);
        _pause = pause;
        await pause.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        _pause = null;
    }

    /// <summary>One round: true when the newest cap is in force or the link is gone, false to try again later.</summary>
    private async Task<bool> RoundAsync()
    {
        if (ChargePoint.Session is not { } session || !ChargePoint.IsPrepared || Wanted is null)
            return true;
        var reasons = (CapReason)Interlocked.Exchange(ref _reasons, 0);
        CapWrite end = await _writer.KeepAsync(session, reasons);
        // What was accepted while nothing flowed shows its effect only now.
        bool prove = end.Kind == CapWriteKind.Written || (end.Kind == CapWriteKind.Unchanged && (reasons & CapReason.Transaction) != CapReason.None);
        if (prove && Wanted is { } wanted && await Proof.FindFaultAsync(session, Limit(wanted, null), _writer.Accepted) is not CapReason.None and var fault)
        {
            string what = fault == CapReason.Ignored ? "shows a higher limit" : "keeps another limit, or none";
            if (fault == CapReason.Ignored && await ChargePoint.Foreign.ClearAsync(_charger, session))
            {
                // Not the form had no effect: another's limit stood above it.
                _writer.Forget();
                Ensure(CapReason.Drift);
                (fault, what) = (CapReason.Drift, "showed a higher limit, of another system");
            }
            end = new CapWrite(
                CapWriteKind.Refused, string.Create(CultureInfo.InvariantCulture, $"the charge point accepts {wanted:0.###} kW and {what}"), "capDrifted")
            { Open = fault };
            if (fault == CapReason.Ignored && !ChargePoint.Foreign.MayClear)
                end = end with { Why = end.Why + "; where another system left it, clearForeignProfiles takes it away" };
        }
        switch (end.Kind)
        {
            case CapWriteKind.Unchanged or CapWriteKind.Written:
                _refused = null;
                return true;
            case CapWriteKind.LinkLost:
                Interlocked.Or(ref _reasons, (int)(reasons | CapReason.Distrust));
                return true;
            case CapWriteKind.Outdated:
                Interlocked.Or(ref _reasons, (int)end.Open);
                return false;
            default:
                Refuse(end);
                Interlocked.Or(ref _reasons, (int)end.Open);
                return false;
        }
    }

    private void Refuse(CapWrite end)
    {
        bool first = _refused is null;
        _refused = end.Why;
        if (first)
            ChargePoint.OnCapRefused(_charger, end.Notice!, end.Why!);
    }
}
