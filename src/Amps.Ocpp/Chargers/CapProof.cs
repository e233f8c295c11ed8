using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// Whether a charge point shows the limit that it accepted (charger behaviour, section 5, point 5): its composite schedule where
/// it tells one, else what it offers, else what is measured. A readback that shows nothing is no proof, and no fault.
/// </summary>
internal sealed class CapProof(Charger charger)
{
    private const string Composite = "compositeSchedule";
    private const string Stored = "storedProfile";

    /// <summary>So many readbacks without an answer, and this link is not asked again.</summary>
    private const int SilenceLimit = 2;

    /// <summary>Whoever does not tell is left alone for so long.</summary>
    private static readonly TimeSpan SilencePause = TimeSpan.FromMinutes(10);

    /// <summary>What a charge point may take to put a limit into force.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(2);

    private readonly StoredProof _stored = new(charger);
    private IChargePointSession? _session;
    private int _silences;
    private long _silentAt;
    private (double Kilowatts, double Excess)? _shownAfterWrite;
    private (double Kilowatts, double Excess)? _storedAfterWrite;
    private volatile string? _by;

    /// <summary>
    /// What proved the limit in force: <c>compositeSchedule</c>, <c>offered</c>, <c>measured</c>, or, which is weaker, that it is kept as it was
    /// written: <c>storedProfile</c>; null = unverified.
    /// </summary>
    public string? By => _by;

    /// <summary>A sample within the limit; what the charge point itself calls its limit in force says more, what it keeps says less.</summary>
    public void OnSeen(string how)
    {
        if (_by is null or Stored)
            _by = how;
    }

    /// <summary>Whether the charge point shows exactly this limit, or what it made of it when it was written, so that no write is needed.</summary>
    public async Task<bool> ShowsAsync(IChargePointSession session, LimitRequest limit)
    {
        bool IsSame(double excess, (double, double)? afterWrite) => excess == 0 || (limit.Kilowatts, excess) == afterWrite;
        if (await ExcessAsync(session, limit) is { } excess)
            _by = IsSame(excess, _shownAfterWrite) ? Composite : null;
        else
            _by = await _stored.ExcessAsync(session, limit) is { } stored && IsSame(stored, _storedAfterWrite) ? Stored : null;
        return _by is not null;
    }

    /// <summary>Whether the charge point shows this limit or a lower one.</summary>
    public async Task<bool> ShowsWithinAsync(IChargePointSession session, LimitRequest limit) =>
        await ExcessAsync(session, limit) is { } excess ? excess <= 0 : charger.Cap.Guard.IsWithin;

    /// <summary>Whether the charge point shows a higher limit, or keeps one or none; false also where it tells nothing.</summary>
    public async Task<bool> ShowsMoreAsync(IChargePointSession session, LimitRequest limit) =>
        (await ExcessAsync(session, limit) ?? await _stored.ExcessAsync(session, limit)) > 0;

    /// <summary>
    /// After a write: none, unless a running transaction shows a higher limit also after a moment or, where nothing is shown, another limit
    /// than the accepted one is kept; then why to write again.
    /// </summary>
    /// <param name="limit">The one that should hold now.</param>
    /// <param name="accepted">What was accepted, asked again before the charge point is blamed.</param>
    public async Task<CapReason> FindFaultAsync(IChargePointSession session, LimitRequest limit, Func<IReadOnlyList<LimitRequest>> accepted)
    {
        _by = null;
        double? excess = await ExcessAsync(session, limit);
        if (excess > 0 && charger.State.Transaction is not null)
        {
            await charger.Cap.PauseAsync(SettleTime);
            excess = await ExcessAsync(session, limit);
        }
        _shownAfterWrite = excess <= 0 ? (limit.Kilowatts, excess.Value) : null;
        if (excess <= 0)
            _by = Composite;
        else if (excess is null || charger.State.Transaction is null)
            // Without a transaction many show what the next one could have, not what it will get.
            return await FindStoredFaultAsync(session, accepted);
        return excess > 0 ? CapReason.Ignored : CapReason.None;
    }

    private async Task<CapReason> FindStoredFaultAsync(IChargePointSession session, Func<IReadOnlyList<LimitRequest>> accepted)
    {
        bool all = false;
        foreach (LimitRequest limit in accepted())
        {
            double? excess = await _stored.ExcessAsync(session, limit);
            if (excess > 0)
            {
                await charger.Cap.PauseAsync(SettleTime);
                excess = await _stored.ExcessAsync(session, limit);
            }
            // A transaction that ended took its limit along, and a newer write has its own proof.
            if (!accepted().Contains(limit))
                return CapReason.None;
            if (excess > 0)
                return _stored.Miss(excess.Value);
            if (excess is null)
                return CapReason.None;
            if (limit.TransactionId is null)
                _storedAfterWrite = (limit.Kilowatts, excess.Value);
            all = true;
        }
        if (all)
            _by ??= Stored;
        return CapReason.None;
    }

    /// <summary>The shown limit less the wanted one in the unit of the write, beyond rounding; null = nothing is shown.</summary>
    private async Task<double?> ExcessAsync(IChargePointSession session, LimitRequest limit)
    {
        TimeProvider time = charger.ChargePoint.Services.Time;
        if (!ReferenceEquals(_session, session))
            (_session, _silences) = (session, 0);
        if (_silences >= SilenceLimit && time.GetElapsedTime(_silentAt) < SilencePause)
            return null;
        bool inWatts = charger.ChargePoint.Learned.RateUnit == "W";
        LimitReading? reading = await session.ReadLimitAsync(limit.ConnectorId, inWatts, CancellationToken.None);
        _silences = reading is null ? _silences + 1 : 0;
        _silentAt = time.GetTimestamp();
        return reading is null ? null : Excess(reading, limit, inWatts);
    }

    /// <summary>A limit that was told less the wanted one, in the unit of the write, beyond rounding; null = they cannot be compared.</summary>
    public static double? Excess(LimitReading reading, LimitRequest limit, bool inWatts) => reading switch
    {
        { Amperes: { } amperes } when !inWatts => Beyond(
            amperes - ChargeRate.ToAmperes(limit.Kilowatts, limit.Phases, limit.NominalVoltage, limit.MeasuredVoltage), 0.05),
        { Watts: { } watts } when inWatts => Beyond(watts - ChargeRate.ToWatts(limit.Kilowatts), 1),
        // In the other unit the charge point has converted by phases and a voltage of its own.
        { Watts: { } watts } when watts <= ChargeRate.ToWatts(limit.Kilowatts) => watts - ChargeRate.ToWatts(limit.Kilowatts),
        _ => null,
    };

    private static double Beyond(double difference, double rounding) => Math.Abs(difference) < rounding ? 0 : Math.Round(difference, 3);
}
