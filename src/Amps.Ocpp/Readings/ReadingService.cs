using Amps.Ocpp.Model;
using Amps.Ocpp.Routing;

namespace Amps.Ocpp.Readings;

/// <summary>
/// Reads of chargers in their tiers: cache, live, fallback (canonical API, section 4). A read of a connected charger never shows a
/// state older than what the charger has told.
/// </summary>
public sealed class ReadingService(SnapshotCache cache, ChargePointRouter router, ILastKnownStateStore store, ReadingsOptions options, TimeProvider time)
{
    private static readonly ChargerSnapshot s_neverHeard = new() { DeviceId = "", Status = ChargerStatus.Unavailable };

    /// <summary>The reading if the cache alone can give it, else null; waits for nothing and asks nobody.</summary>
    public Reading? TryReadCached(DeviceAddress address, bool expedite)
    {
        CachedCharger? entry = cache.Find(address.Device);
        if (entry?.Reading is not { } reading)
            return null;
        (bool Online, long Sequence)? held = router.LookBriefly(address.Charger);
        if (!(held?.Online ?? cache.IsOnline(entry.Link)))
            return null;
        if (held is { } local && local.Sequence > reading.Snapshot.Sequence)
            return null;
        if (time.GetUtcNow() - reading.Snapshot.ObservedAt > (expedite ? options.ExpediteTimeToLive : options.TimeToLive))
            return null;
        return Named(address, reading);
    }

    /// <summary>The reading from whatever tier can give it; null for a device that has never been heard of.</summary>
    /// <exception cref="StorageUnavailableException">Only the store could have known, and it is away.</exception>
    public async Task<Reading?> ReadAsync(DeviceAddress address, bool expedite, CancellationToken cancellationToken)
    {
        if (await CatchUpAsync(address, expedite, cancellationToken) is { } cached)
            return cached;
        if (router.IsOnline(address.ChargePoint) && await router.RefreshAsync(address.Charger, options.LiveBudget) is { } live)
            return Named(address, new Reading(live, ReadingSource.Live));
        return await FallBackAsync(address, cancellationToken) is { } last ? Named(address, new Reading(last, ReadingSource.Fallback)) : null;
    }

    /// <summary>Readings of many devices in the order asked for; no charger is asked.</summary>
    public async Task<IReadOnlyList<Reading>> ListAsync(IReadOnlyList<DeviceAddress> addresses, CancellationToken cancellationToken)
    {
        var readings = new List<Reading>(addresses.Count);
        foreach (DeviceAddress address in addresses)
        {
            Reading reading = TryReadCached(address, expedite: false)
                ?? await CatchUpAsync(address, expedite: false, cancellationToken)
                ?? Named(address, new Reading(await FallBackAsync(address, cancellationToken) ?? s_neverHeard, ReadingSource.Fallback));
            readings.Add(reading);
        }
        return readings;
    }

    /// <summary>
    /// What the charger told a moment ago may still be on its way through the broker: wait for it, but not for a state that
    /// is too old or a charger that is gone.
    /// </summary>
    private async Task<Reading?> CatchUpAsync(DeviceAddress address, bool expedite, CancellationToken cancellationToken)
    {
        if (router.LookBriefly(address.Charger) is not { Online: true })
            return TryReadCached(address, expedite);
        long start = time.GetTimestamp();
        while (true)
        {
            CachedCharger? entry = cache.Find(address.Device);
            Task? changed = entry?.Changed;
            if (TryReadCached(address, expedite) is { } reading)
                return reading;
            bool behind = entry?.Reading is null || router.LookBriefly(address.Charger)?.Sequence > entry.Reading.Snapshot.Sequence;
            TimeSpan left = options.CatchUp - time.GetElapsedTime(start);
            if (!behind || left <= TimeSpan.Zero || router.Look(address.Charger)?.Snapshot is null)
                return null;
            // A device new to the cache has nothing to wait on yet: look again in a moment.
            TimeSpan step = changed is null ? TimeSpan.FromMilliseconds(Math.Min(5, left.TotalMilliseconds)) : left;
            await Task.WhenAny(changed ?? Task.Delay(step, time, cancellationToken), Task.Delay(step, time, cancellationToken));
        }
    }

    /// <summary>The newest of what the socket's node, the cache and the store remember.</summary>
    private async Task<ChargerSnapshot?> FallBackAsync(DeviceAddress address, CancellationToken cancellationToken)
    {
        ChargerSnapshot? cached = cache.Find(address.Device)?.Reading?.Snapshot;
        ChargerSnapshot? held = router.Look(address.Charger)?.Snapshot;
        ChargerSnapshot? newest = held is not null && (cached is null || held.Sequence > cached.Sequence) ? held : cached;
        return newest ?? (await store.FindSnapshotsAsync([address.Device], cancellationToken) is [var stored, ..] ? stored : null);
    }

    /// <summary>The one place that decides that a sandbox device is always a projection (canonical API, section 8).</summary>
    private static Reading Named(DeviceAddress address, Reading reading) =>
        address.Environment == ApiEnvironment.Sandbox ? reading with { Source = ReadingSource.Projection } : reading;
}
