using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// Makes the desired cap of one charger true and keeps it true (charger behaviour, section 5). Runs only while something is to
/// be done; any number of reasons that arrive meanwhile lead to one more round with the newest value.
/// </summary>
internal sealed class CapKeeper(Charger charger)
{
    /// <summary>Stands in for a rating that nobody told where a limit must be named although none is desired, kW.</summary>
    public const double UnknownRatingKw = 43;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(10);

    private int _rounds;
    private TaskCompletionSource? _wake;
    private volatile bool _distrusted = true;
    private volatile bool _transactionChanged;
    private double? _writtenKw;
    private long _writtenAt;
    private bool _everWritten;

    /// <summary>Why the desired cap is not in force; null = it is, or there is nothing to do.</summary>
    public string? Unmet { get; private set; }

    private ChargePoint ChargePoint => charger.ChargePoint;

    private TimeProvider Time => ChargePoint.Services.Time;

    /// <summary>The charge point may have lost what it was told: look before trusting (quirk Q78).</summary>
    public void Distrust() => _distrusted = true;

    /// <summary>Starts a round unless one runs; then that one makes another.</summary>
    public void Ensure(bool transactionChanged = false)
    {
        if (transactionChanged)
            _transactionChanged = true;
        if (Desired() is null || !ChargePoint.IsPrepared)
            return;
        if (Interlocked.Increment(ref _rounds) == 1)
            _ = RunAsync();
        else
            Volatile.Read(ref _wake)?.TrySetResult();
    }

    /// <summary>The cap as a limit request; null when none is desired.</summary>
    public LimitRequest? DesiredLimit(string? transactionId) => Desired() is { } kw ? Limit(kw, transactionId) : null;

    /// <summary>A limit request for this charger; a value too low to be signalled becomes zero (quirk Q71).</summary>
    public LimitRequest Limit(double kilowatts, string? transactionId)
    {
        ChargerState state = charger.State;
        double? measured = state.Meter?.VoltageV;
        bool tooLow = ChargeRate.IsBelowMinimum(kilowatts, state.Rating.Phases, state.Rating.NominalVoltage, measured);
        return new LimitRequest(charger.ConnectorId, tooLow ? 0 : kilowatts, transactionId, state.Rating.Phases, state.Rating.NominalVoltage, measured);
    }

    private double? Desired()
    {
        foreach (DeviceRecord device in ChargePoint.Record?.Devices ?? [])
        {
            if (device.Id == charger.DeviceId)
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
            ChargePoint.OnCapFailed(charger, e);
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
        if (ChargePoint.Session is not { } session || !ChargePoint.IsPrepared || Desired() is not { } desired)
            return true;
        bool distrusted = _distrusted;
        bool transactionChanged = _transactionChanged;
        _distrusted = false;
        _transactionChanged = false;
        LimitRequest limit = Limit(desired, null);
        string? transaction = charger.State.Transaction?.Id;

        bool inForce = distrusted
            ? charger.State.AppliedCapKw == limit.Kilowatts && await ShowsAsync(session, limit)
            : _writtenKw == desired;
        if (inForce)
            _writtenKw = desired;
        else
        {
            await BudgetAsync();
            if (Desired() is { } newest && newest != desired)
                limit = Limit(desired = newest, null);
            CallAnswerSummary answer = await session.SetLimitAsync(limit, CancellationToken.None);
            if (answer.Sent)
            {
                _writtenAt = Time.GetTimestamp();
                _everWritten = true;
            }
            if (!answer.Accepted)
                return Failed(answer);
            _writtenKw = desired;
            transactionChanged = true;
        }
        if (transaction is not null && transactionChanged && !charger.State.Held)
        {
            CallAnswerSummary answer = await session.SetLimitAsync(limit with { TransactionId = transaction }, CancellationToken.None);
            if (!answer.Accepted && charger.State.Transaction?.Id == transaction)
            {
                _transactionChanged = true;
                return Failed(answer);
            }
        }
        Unmet = null;
        ChargePoint.Post(charger.ConnectorId, new CapApplied(Time.GetUtcNow(), limit.Kilowatts));
        return true;
    }

    /// <summary>Whether the charge point already shows this limit, so that no write is needed.</summary>
    private static async Task<bool> ShowsAsync(IChargePointSession session, LimitRequest limit)
    {
        LimitReading? reading = await session.ReadLimitAsync(limit.ConnectorId, inWatts: false, CancellationToken.None);
        double amperes = ChargeRate.ToAmperes(limit.Kilowatts, limit.Phases, limit.NominalVoltage, limit.MeasuredVoltage);
        return reading switch
        {
            { Amperes: { } a } => Math.Abs(a - amperes) < 0.05,
            { Watts: { } w } => Math.Abs(w - ChargeRate.ToWatts(limit.Kilowatts)) < 1,
            _ => false,
        };
    }

    /// <summary>Keeps persistent writes to one connector apart (quirk Q79); a newer value replaces the one that waits.</summary>
    private async Task BudgetAsync()
    {
        TimeSpan interval = ChargePoint.Services.Options.LimitWriteInterval;
        if (_everWritten && Time.GetElapsedTime(_writtenAt) is var since && since < interval)
            await Task.Delay(interval - since, Time);
    }

    private bool Failed(CallAnswerSummary answer)
    {
        if (answer.Status == CallStatus.LinkLost)
        {
            _distrusted = true;
            return true;
        }
        bool first = Unmet is null;
        Unmet = answer.Status switch
        {
            CallStatus.TimedOut => "the charge point does not answer SetChargingProfile",
            CallStatus.NotSupported => "the charge point does not support charging profiles",
            CallStatus.Busy => "too many calls are waiting",
            _ => "the charge point refuses the charging profile",
        };
        if (first)
            ChargePoint.Notify(charger, "capRefused", Unmet);
        return false;
    }
}
