using Amps.Ocpp.Chargers;

namespace Amps.Ocpp.Dialects;

/// <summary>
/// Which status of a connector is the newest on one link, by the charge point's own times (faults P11). A clock that was put back
/// looks the same as a late message, so the charge point is asked; what it says then counts.
/// </summary>
internal sealed class StatusOrder(IChargePointSession session, TimeProvider time)
{
    private static readonly TimeSpan s_askInterval = TimeSpan.FromMinutes(1);
    private const int Stride = 65;
    private const int MaxPlugs = 8;
    private long[] _newest = [];
    private long? _askedAt;

    /// <summary>After a boot or an answered question anything may come.</summary>
    public void Forget() => _newest = [];

    /// <summary>Notes a status; true when a newer one of this connector was told before it.</summary>
    /// <param name="connectorId">Connector or EVSE, ≤ 64.</param>
    /// <param name="told">Null = it has no time, or none that can be read.</param>
    /// <param name="plug">Which of its plugs, from 0: each has times of its own.</param>
    public bool IsOld(int connectorId, DateTimeOffset? told, int plug = 0)
    {
        if (told is not { } at)
            return false;
        int index = connectorId + (Math.Clamp(plug, 0, MaxPlugs - 1) * Stride);
        if (index >= _newest.Length)
            Array.Resize(ref _newest, index + 1);
        if (at.UtcTicks < _newest[index])
        {
            if (_askedAt is not { } asked || time.GetElapsedTime(asked) >= s_askInterval)
                _ = AskAsync(connectorId);
            return true;
        }
        // A time ahead of ours is no measure for what comes after it.
        _newest[index] = at <= time.GetUtcNow() + ChargerClock.Tolerance ? at.UtcTicks : 0;
        return false;
    }

    private async Task AskAsync(int connectorId)
    {
        _askedAt = time.GetTimestamp();
        CallAnswerSummary answer = await session.TriggerAsync(TriggerKind.Status, connectorId, CancellationToken.None);
        if (answer.Accepted)
            Forget();
    }
}
