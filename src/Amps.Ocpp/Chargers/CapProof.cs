using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// Whether a charge point shows the limit that it accepted (charger behaviour, section 5, point 5): its composite schedule where
/// it tells one, else what it offers, else what is measured. A readback that shows nothing is no proof, and no fault.
/// </summary>
internal sealed class CapProof(Charger charger)
{
    /// <summary>So many readbacks without an answer, and this link is not asked again.</summary>
    private const int SilenceLimit = 2;

    /// <summary>Whoever does not tell is left alone for so long.</summary>
    private static readonly TimeSpan SilencePause = TimeSpan.FromMinutes(10);

    /// <summary>What a charge point may take to put a limit into force.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(2);

    private IChargePointSession? _session;
    private int _silences;
    private long _silentAt;
    private (double Kilowatts, double Excess)? _shownAfterWrite;
    private volatile string? _by;

    /// <summary>What proved the limit in force: <c>compositeSchedule</c>, <c>offered</c>, <c>measured</c>; null = unverified.</summary>
    public string? By => _by;

    /// <summary>A sample within the limit; what the charge point itself calls its limit says more.</summary>
    public void OnSeen(string how) => _by ??= how;

    /// <summary>Whether the charge point shows exactly this limit, or what it made of it when it was written, so that no write is needed.</summary>
    public async Task<bool> ShowsAsync(IChargePointSession session, LimitRequest limit)
    {
        bool shows = await ExcessAsync(session, limit) is { } excess && (excess == 0 || (limit.Kilowatts, excess) == _shownAfterWrite);
        _by = shows ? "compositeSchedule" : null;
        return shows;
    }

    /// <summary>Whether the charge point shows this limit or a lower one.</summary>
    public async Task<bool> ShowsWithinAsync(IChargePointSession session, LimitRequest limit) =>
        await ExcessAsync(session, limit) is { } excess ? excess <= 0 : charger.Cap.Guard.IsWithin;

    /// <summary>Whether the charge point shows a higher limit; false also where it shows nothing.</summary>
    public async Task<bool> ShowsMoreAsync(IChargePointSession session, LimitRequest limit) => await ExcessAsync(session, limit) > 0;

    /// <summary>After a write: false only when a running transaction shows a higher limit also after a moment.</summary>
    public async Task<bool> HoldsAsync(IChargePointSession session, LimitRequest limit)
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
            _by = "compositeSchedule";
        // Without a transaction many show what the next one could have, not what it will get.
        return excess is not > 0 || charger.State.Transaction is null;
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
        // In the other unit the charge point has converted by phases and a voltage of its own.
        return reading switch
        {
            { Amperes: { } amperes } when !inWatts => Beyond(
                amperes - ChargeRate.ToAmperes(limit.Kilowatts, limit.Phases, limit.NominalVoltage, limit.MeasuredVoltage), 0.05),
            { Watts: { } watts } when inWatts => Beyond(watts - ChargeRate.ToWatts(limit.Kilowatts), 1),
            { Watts: { } watts } when watts <= ChargeRate.ToWatts(limit.Kilowatts) => watts - ChargeRate.ToWatts(limit.Kilowatts),
            _ => null,
        };
    }

    private static double Beyond(double difference, double rounding) => Math.Abs(difference) < rounding ? 0 : Math.Round(difference, 3);
}
