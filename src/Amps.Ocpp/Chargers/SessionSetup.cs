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
            if (!await CameAsync(ready.Task, options.BootTriggerAfter, time, life))
            {
                if (chargePoint.Record is { Admission: Admission.Accepted })
                    await session.TriggerAsync(TriggerKind.Boot, null, life);
                if (!await CameAsync(ready.Task, options.ReadyAfter - options.BootTriggerAfter, time, life))
                    chargePoint.MarkReady(session);
                // Not accepted yet: from here on its boot, whenever it comes, makes it ready.
                await ready.Task.WaitAsync(life);
            }
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

    private static async Task PrepareAsync(ChargePoint chargePoint, IChargePointSession session, ChargersOptions options, TimeProvider time, CancellationToken life)
    {
        long start = time.GetTimestamp();
        DateTimeOffset since = chargePoint.OnlineSince ?? time.GetUtcNow();
        await session.PrepareAsync(life);
        foreach (Charger charger in chargePoint.Chargers)
        {
            await LearnRatingAsync(chargePoint, charger, session, life);
            charger.Cap.Distrust();
            charger.Cap.Ensure(transactionChanged: true);
        }
        TimeSpan left = options.StatusTriggerAfter - time.GetElapsedTime(start);
        if (left > TimeSpan.Zero)
            await Task.Delay(left, time, life);
        foreach (Charger charger in chargePoint.Chargers)
        {
            if (charger.State.ObservedAt < since)
                await session.TriggerAsync(TriggerKind.Status, charger.ConnectorId, life);
        }
    }

    /// <summary>A charge point under no cap of ours shows its own limit; the highest ever shown is its rating.</summary>
    private static async Task LearnRatingAsync(ChargePoint chargePoint, Charger charger, IChargePointSession session, CancellationToken life)
    {
        if (chargePoint.Record is not { Configuration.RatedPowerKw: null } record)
            return;
        if (record.Learned.RatedPowerKw is not null && charger.Cap.DesiredLimit(null) is not null)
            return;
        LimitReading? reading = await session.ReadLimitAsync(charger.ConnectorId, inWatts: true, life);
        double? kilowatts = reading switch
        {
            { Watts: { } watts } => watts / 1000,
            { Amperes: { } amperes } when (reading.Phases ?? record.Configuration.Phases) is { } phases =>
                amperes * phases * (record.Configuration.NominalVoltage ?? 230) / 1000,
            _ => null,
        };
        if (kilowatts is > 0 and var shown)
            chargePoint.Learn(learned => learned with { RatedPowerKw = Math.Max(learned.RatedPowerKw ?? 0, Math.Round(shown, 3)) });
    }

    private static async Task<bool> CameAsync(Task what, TimeSpan limit, TimeProvider time, CancellationToken life)
    {
        try
        {
            await what.WaitAsync(limit, time, life);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
