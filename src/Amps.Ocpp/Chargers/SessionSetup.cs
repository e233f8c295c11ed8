using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// What the service does when a link came up (charger behaviour, sections 2 and 6): wait for the boot, ask for it once, read the few
/// settings, learn the rating, have the statuses told, put the caps back. Ends with the link.
/// </summary>
internal static class SessionSetup
{
    public static async Task RunAsync(ChargePoint chargePoint, IChargePointSession session, TaskCompletionSource ready, CancellationToken life)
    {
        ChargersOptions options = chargePoint.Services.Options;
        TimeProvider time = chargePoint.Services.Time;
        try
        {
            await AwaitBootAsync(chargePoint, session, ready.Task, options, time, life);
            // Not accepted yet: its boot, whenever it comes, makes it ready.
            await ready.Task.WaitAsync(life);
            await PrepareAsync(chargePoint, session, options, time, life);
        }
        catch (OperationCanceledException)
        {
            // The link is gone or was replaced.
        }
        catch (Exception e)
        {
            chargePoint.OnSetupFailed(e);
        }
    }

    /// <summary>
    /// Until its boot, or until it is clear that none comes: then it is ready without one (charger behaviour, section 2). Nothing but the
    /// trigger goes out meanwhile (quirks Q01, Q02).
    /// </summary>
    private static async Task AwaitBootAsync(
        ChargePoint chargePoint, IChargePointSession session, Task ready, ChargersOptions options, TimeProvider time, CancellationToken life)
    {
        long start = time.GetTimestamp();
        DateTimeOffset since = chargePoint.OnlineSince ?? time.GetUtcNow();
        BootHabit? habit = chargePoint.Learned.BootNotification;
        if (await CameAsync(ready, habit == BootHabit.WhenTriggered ? options.KnownBootTriggerAfter : options.BootTriggerAfter, time, life))
            return;
        if (habit == BootHabit.Never)
        {
            chargePoint.MarkReady(session);
            return;
        }
        CallAnswerSummary? asked = chargePoint.Record is { Admission: Admission.Accepted } ? await chargePoint.AskForBootAsync(session, life) : null;
        if (await CameAsync(ready, options.BootGrace, time, life))
            return;
        // One that tells other things or answers that it will not boot is there all the same.
        bool isThere = asked is { Status: CallStatus.Rejected or CallStatus.NotSupported } || chargePoint.Chargers.Any(charger => charger.State.ObservedAt >= since);
        if (!isThere && await CameAsync(ready, options.ReadyAfter - time.GetElapsedTime(start), time, life))
            return;
        if (chargePoint.MarkReady(session) && isThere)
            chargePoint.Learn(static learned => learned with { BootNotification = BootHabit.Never });
    }

    private static async Task PrepareAsync(ChargePoint chargePoint, IChargePointSession session, ChargersOptions options, TimeProvider time, CancellationToken life)
    {
        long start = time.GetTimestamp();
        DateTimeOffset since = chargePoint.OnlineSince ?? time.GetUtcNow();
        await session.PrepareAsync(life);
        foreach (Charger charger in chargePoint.Chargers)
        {
            await LearnRatingAsync(chargePoint, charger, session, life);
            charger.Cap.Distrust();
        }
        await chargePoint.ApplyRecordAsync();
        await chargePoint.Foreign.AdoptAsync(session, life);
        chargePoint.MarkPrepared(session);
        foreach (Charger charger in chargePoint.Chargers)
        {
            charger.Cap.Ensure();
        }
        chargePoint.Station.Ensure();
        await AskForStatusesAsync(chargePoint, session, since, options.StatusTriggerAfter - time.GetElapsedTime(start), life);
    }

    /// <summary>After a boot on a link in use: what it lost by that it is asked for, since a read must not stay on what was before.</summary>
    public static async Task RunAfterBootAsync(ChargePoint chargePoint, IChargePointSession session, CancellationToken life)
    {
        try
        {
            await AskForStatusesAsync(chargePoint, session, chargePoint.Services.Time.GetUtcNow(), chargePoint.Services.Options.StatusTriggerAfter, life);
        }
        catch (OperationCanceledException)
        {
            // The link is gone or was replaced.
        }
        catch (Exception e)
        {
            chargePoint.OnSetupFailed(e);
        }
    }

    /// <summary>Statuses that were not told in time are asked for (faults: lost messages after a reconnect or a boot).</summary>
    private static async Task AskForStatusesAsync(ChargePoint chargePoint, IChargePointSession session, DateTimeOffset since, TimeSpan delay, CancellationToken life)
    {
        if (delay > TimeSpan.Zero)
            await Task.Delay(delay, chargePoint.Services.Time, life);
        foreach (Charger charger in chargePoint.Chargers)
            await session.AskForStatusAsync(charger.ConnectorId, since, life);
    }

    /// <summary>
    /// What the charge point shows as its limit tells its rating and its phases: under no cap of ours the limit is the
    /// rating, and the same limit in W and in A is apart by voltage times phases. The highest limit ever shown counts.
    /// </summary>
    private static async Task LearnRatingAsync(ChargePoint chargePoint, Charger charger, IChargePointSession session, CancellationToken life)
    {
        if (chargePoint.Record is not { } record)
            return;
        bool capped = charger.Cap.DesiredLimit(null) is not null;
        bool ratingKnown = record.Configuration.RatedPowerKw is not null || (chargePoint.Learned.RatedPowerKw is not null && capped);
        bool phasesKnown = record.Configuration.Phases is not null || chargePoint.Learned.Phases is not null;
        if (ratingKnown && phasesKnown)
            return;
        double voltage = record.Configuration.NominalVoltage ?? 230;
        LimitReading? power = await session.ReadLimitAsync(charger.ConnectorId, inWatts: true, life);
        LimitReading? current = phasesKnown ? null : await session.ReadLimitAsync(charger.ConnectorId, inWatts: false, life);
        int? phases = power?.Watts > 0 && current?.Amperes > 0 ? PhasesOf(power.Watts.Value / (current.Amperes.Value * voltage)) : null;
        double? kilowatts = power?.Watts / 1000
            ?? ((phases ?? record.Configuration.Phases ?? power?.Phases) is { } known && power?.Amperes is { } amperes ? amperes * known * voltage / 1000 : null);
        // A limit at or below the cap may be the cap itself, kept by the charge point from before: it says nothing of the rating.
        if (charger.Cap.DesiredLimit(null) is { } cap && kilowatts <= cap.Kilowatts * 1.01)
            kilowatts = null;
        chargePoint.Learn(learned => learned with
        {
            Phases = learned.Phases ?? phases,
            RatedPowerKw = kilowatts is > 0 and var shown ? Math.Max(learned.RatedPowerKw ?? 0, Math.Round(shown, 3)) : learned.RatedPowerKw,
        });
    }

    /// <summary>1 or 3 when the ratio is close to it; anything else proves nothing.</summary>
    private static int? PhasesOf(double ratio) => ratio switch
    {
        > 0.9 and < 1.1 => 1,
        > 2.7 and < 3.3 => 3,
        _ => null,
    };

    private static async Task<bool> CameAsync(Task what, TimeSpan limit, TimeProvider time, CancellationToken life)
    {
        try
        {
            await what.WaitAsync(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, time, life);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
