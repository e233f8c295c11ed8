namespace Amps.Ocpp.Chargers;

/// <summary>How clearing what others left ended.</summary>
/// <param name="Status">What the answers amount to.</param>
/// <param name="Cleared">What went, in words for the operator; null = nothing.</param>
/// <param name="OwnToo">Limits of ours may have gone with it.</param>
public sealed record ForeignClearing(CallStatus Status, string? Cleared, bool OwnToo);

/// <summary>
/// Limits that other systems left on a charge point can block it or stand above ours (quirk Q74). Where the operator wants it they are
/// cleared once when the charge point is taken over, and once per link where a running transaction shows that ours has no effect.
/// </summary>
internal sealed class ForeignLimits(ChargePoint chargePoint)
{
    private IChargePointSession? _triedOn;

    public bool MayClear => chargePoint.Record?.Configuration.ClearForeignProfiles ?? chargePoint.Services.Options.ClearForeignProfiles;

    /// <summary>At the adoption: before limits of ours are written on a link, or as soon as the operator wants it.</summary>
    public async Task AdoptAsync(IChargePointSession session, CancellationToken cancellationToken)
    {
        if (!MayClear || chargePoint.Learned.ForeignLimitsCleared == true || ReferenceEquals(Interlocked.Exchange(ref _triedOn, session), session))
            return;
        ForeignClearing end = await session.ClearForeignLimitsAsync(null, cancellationToken);
        if (end.Status is CallStatus.Accepted or CallStatus.Rejected or CallStatus.NotSupported)
            chargePoint.Learn(static learned => learned with { ForeignLimitsCleared = true });
        foreach (Charger charger in chargePoint.Chargers)
        {
            chargePoint.OnForeignCleared(charger, end);
            if (end.OwnToo)
                charger.Cap.Ensure(CapReason.Distrust | CapReason.Drift);
        }
    }

    /// <summary>On evidence: ours was accepted and a higher limit is in force.</summary>
    /// <returns>Something went: ours is to be written again as it was.</returns>
    public async Task<bool> ClearAsync(Charger charger, IChargePointSession session)
    {
        if (!MayClear || ReferenceEquals(charger.ForeignTriedOn, session))
            return false;
        charger.ForeignTriedOn = session;
        ForeignClearing end = await session.ClearForeignLimitsAsync(charger.ConnectorId, CancellationToken.None);
        chargePoint.OnForeignCleared(charger, end);
        return end.Cleared is not null;
    }
}
