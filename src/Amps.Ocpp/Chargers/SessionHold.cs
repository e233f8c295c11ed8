using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// The idle strategy Hold on one charger (charger behaviour, section 4): a limit of zero inside the running transaction, kept until
/// it is lifted (the cap's keeper writes it again where the charger loses it), and what is learned of a charger that takes it badly (quirks Q51, Q72, Q73).
/// </summary>
internal sealed class SessionHold(Charger charger)
{
    private static readonly TimeSpan s_firstLook = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(5);

    /// <summary>An end so soon after a limit of zero is its doing.</summary>
    private static readonly TimeSpan s_endsByZero = TimeSpan.FromSeconds(30);

    private volatile Zero? _zero;
    private volatile string? _askedFor;

    /// <summary>A limit of zero that was sent for a transaction.</summary>
    private sealed record Zero(string TransactionId, long At);

    private ChargePoint ChargePoint => charger.ChargePoint;

    private TimeProvider Time => ChargePoint.Services.Time;

    /// <summary>
    /// Whether this transaction is just now asked to hold: its end may come before the state says that it is held.
    /// </summary>
    public bool AskedToHold(string transactionId) => _askedFor == transactionId;

    /// <summary>The state tells by now whether the session is held.</summary>
    public void Settled() => _askedFor = null;

    /// <summary>Sends the limit of zero. Its own trace is kept before the answer: the end of the transaction may come first.</summary>
    public Task<CallAnswerSummary> SendZeroAsync(IChargePointSession session, OpenTransaction running, CancellationToken cancellationToken)
    {
        _zero = new Zero(running.Id, Time.GetTimestamp());
        _askedFor = running.Id;
        return charger.Cap.SetTransactionLimitAsync(session, charger.Cap.Limit(0, running.Id), cancellationToken);
    }

    /// <summary>Waits until the charger shows that nothing flows; the second value names what showed it.</summary>
    public async Task<(WaitEnd End, string? By)> ConfirmZeroAsync(
        IChargePointSession session, OpenTransaction running, Deadline deadline, CancellationToken cancellationToken)
    {
        ChargePoint.Post(charger.ConnectorId, new HoldChanged(Time.GetUtcNow(), true));
        TimeSpan look = s_firstLook;
        while (true)
        {
            TimeSpan left = deadline.Left;
            WaitEnd end = await charger.WaitAsync(s => s.Held && Shows(s, running, session) is not null || s.Transaction?.Id != running.Id, look < left ? look : left, Time, cancellationToken);
            if (end == WaitEnd.Met)
                return (end, Shows(charger.State, running, session) ?? session.Effects.Ended);
            if (end == WaitEnd.LinkLost || deadline.Left == TimeSpan.Zero)
                return (end, null);
            // What the charge point computes as its limit counts, where neither status nor power tells (quirk Q77: null tells nothing).
            if (await ReadAsync(session, deadline, cancellationToken) is { Amperes: 0 } or { Watts: 0 })
            {
                ChargePoint.Post(charger.ConnectorId, new HoldChanged(Time.GetUtcNow(), true, Stopped: true));
                return (WaitEnd.Met, "GetCompositeSchedule");
            }
            look = s_look;
        }
    }

    /// <summary>
    /// Lifts the limit of zero: the cap takes its place in one write, so that there is no moment without a limit. Where that does not
    /// resume, the connector has the cap before the transaction's own limit is taken away (quirks Q72, Q73).
    /// </summary>
    public async Task<(WaitEnd End, string? By)> ConfirmLiftedAsync(IChargePointSession session, Deadline deadline, CancellationToken cancellationToken)
    {
        DateTimeOffset since = Time.GetUtcNow();
        ConnectorStatus before = charger.State.Reported;
        bool Offers(ChargerState s) => !s.Held && s.Reported is ConnectorStatus.Charging or ConnectorStatus.SuspendedEV;
        // A status from before the limit was lifted says nothing of after it, until it had time to change.
        WaitEnd end = await charger.WaitAsync(
            s => !s.Held && (s.PowerKw >= ChargerState.FlowThresholdKw || (Offers(s) && (s.Reported != before || s.ReportedSince > since))),
            Least(s_firstLook, deadline.Left), Time, cancellationToken);
        if (end == WaitEnd.TimedOut && !Offers(charger.State) && deadline.Left > TimeSpan.Zero)
        {
            if (charger.Cap.DesiredLimit(null) is not { } cap || (await session.SetLimitAsync(cap, deadline.Token)).Accepted)
                await session.ClearTransactionLimitAsync(charger.ConnectorId, deadline.Token);
            await session.TriggerAsync(TriggerKind.Status, charger.ConnectorId, deadline.Token);
        }
        if (end == WaitEnd.TimedOut)
            end = await charger.WaitAsync(s => Offers(s) || s.PowerKw >= ChargerState.FlowThresholdKw, deadline.Left, Time, cancellationToken);
        if (end == WaitEnd.Met)
            _zero = null;
        return (end, Offers(charger.State) ? session.Effects.Status : "MeterValues");
    }

    /// <summary>Learns from the end of a transaction that came with the limit of zero (quirk Q51).</summary>
    public void OnClosed(TransactionClosed closed, bool stopSent)
    {
        if (_zero is not { } zero || zero.TransactionId != closed.TransactionId)
            return;
        _zero = null;
        if (!stopSent && !ByHand(closed.Reason) && Time.GetElapsedTime(zero.At) <= s_endsByZero)
            ChargePoint.Learn(static learned => learned with { EndsOnZeroLimit = true, IdleStrategy = IdleStrategy.RemoteStop });
    }

    /// <summary>Whether somebody at the charger or in the vehicle ended the session (OCPP 1.6 section 7.36, Reason).</summary>
    public static bool ByHand(string? reason) => reason is "EVDisconnected" or "StoppedByEV" or "Local" or "UnlockCommand" or "DeAuthorized" or "EmergencyStop";

    private static string? Shows(ChargerState state, OpenTransaction running, IChargePointSession session) => state switch
    {
        _ when state.Transaction?.Id != running.Id => session.Effects.Ended,
        { Reported: ConnectorStatus.SuspendedEV or ConnectorStatus.SuspendedEVSE } => session.Effects.Status,
        { PowerKw: < ChargerState.FlowThresholdKw } => "MeterValues",
        _ => null,
    };

    private async Task<LimitReading?> ReadAsync(IChargePointSession session, Deadline deadline, CancellationToken cancellationToken)
    {
        try
        {
            return await session.ReadLimitAsync(charger.ConnectorId, inWatts: false, deadline.Token).WaitAsync(deadline.Left, Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
