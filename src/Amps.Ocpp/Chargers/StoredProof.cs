namespace Amps.Ocpp.Chargers;

/// <summary>
/// What the charge point says it keeps of an accepted limit, where it does not tell which one is in force (charger behaviour, section 5,
/// point 5). It says less than any limit in force: others may stand above it.
/// </summary>
internal sealed class StoredProof(Charger charger)
{
    /// <summary>So many questions without an answer, and this link is not asked again for a while.</summary>
    private const int SilenceLimit = 2;

    private static readonly TimeSpan s_silencePause = TimeSpan.FromMinutes(10);

    private IChargePointSession? _session;
    private int _silences;
    private long _silentAt;
    private int _empty;
    private int _misses;

    /// <summary>The stored limit less the accepted one, infinite where none is kept; null = it does not tell.</summary>
    public async Task<double?> ExcessAsync(IChargePointSession session, LimitRequest limit)
    {
        TimeProvider time = charger.ChargePoint.Services.Time;
        if (!ReferenceEquals(_session, session))
            (_session, _silences, _empty, _misses) = (session, 0, 0, 0);
        if (_silences >= SilenceLimit && time.GetElapsedTime(_silentAt) < s_silencePause)
            return null;
        StoredLimit? stored = await session.ReadStoredLimitAsync(limit.ConnectorId, limit.TransactionId, CancellationToken.None);
        _silences = stored is null ? _silences + 1 : 0;
        _silentAt = time.GetTimestamp();
        return stored switch
        {
            null => null,
            // Whoever kept nothing of what was written twice does not tell what it keeps.
            { Reading: null } => _empty > 1 ? null : double.PositiveInfinity,
            { Reading: { } reading } => CapProof.Excess(reading, limit, charger.ChargePoint.Learned.RateUnit == "W"),
        };
    }

    /// <summary>Another limit than the accepted one is kept, or none: why the next write is made.</summary>
    public CapReason Miss(double excess)
    {
        if (double.IsPositiveInfinity(excess) && ++_empty > 1)
            return CapReason.None;
        return _misses++ == 0 ? CapReason.Drift : CapReason.Drift | CapReason.Ignored;
    }
}
