using System.Collections.Concurrent;
using System.Collections.Immutable;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Registry;

/// <summary>A charger with the charge point it belongs to.</summary>
public readonly record struct DeviceEntry(ChargePointRecord ChargePoint, DeviceRecord Device);

/// <summary>
/// The charge points and their devices, whole in memory, written through to the store. Reads take no lock; changes of one
/// charge point follow one another, changes of different ones do not wait for each other.
/// </summary>
public sealed class ChargePointDirectory(IRegistryStore store)
{
    private const int MaxTries = 20;

    private readonly ConcurrentDictionary<ChargePointId, Entry> _chargePoints = new();
    private int _pending;
    private readonly ConcurrentDictionary<DeviceId, ChargePointId> _devices = new();
    private readonly ConcurrentDictionary<(string Customer, ApiEnvironment Environment), ImmutableSortedSet<string>> _owned = new();

    private sealed class Entry
    {
        public volatile ChargePointRecord? Record;
        public readonly SemaphoreSlim Gate = new(1, 1);
    }

    /// <summary>Fills the directory; once, at start.</summary>
    public void Load(IReadOnlyList<ChargePointRecord> chargePoints)
    {
        foreach (ChargePointRecord record in chargePoints)
        {
            _chargePoints[record.Id] = new Entry { Record = record };
            Index(null, record);
        }
    }

    public ChargePointRecord? Find(ChargePointId id) => _chargePoints.TryGetValue(id, out Entry? entry) ? entry.Record : null;

    public DeviceEntry? Find(DeviceId id)
    {
        if (!_devices.TryGetValue(id, out ChargePointId chargePoint) || Find(chargePoint) is not { } record)
            return null;
        foreach (DeviceRecord device in record.Devices)
        {
            if (device.Id == id)
                return new DeviceEntry(record, device);
        }
        return null;
    }

    /// <summary>Called for each charge point whose record another node changed: as it was known here and as it is.</summary>
    public Action<ChargePointRecord?, ChargePointRecord?>? Adopted { get; set; }

    /// <summary>How many charge points wait for the operator's word.</summary>
    public int PendingCount => Volatile.Read(ref _pending);

    /// <summary>All charge points, in order of identity.</summary>
    public IReadOnlyList<ChargePointRecord> List() =>
        [.. _chargePoints.Values.Select(entry => entry.Record).OfType<ChargePointRecord>().OrderBy(record => record.Id.Value, StringComparer.OrdinalIgnoreCase)];

    /// <summary>A page of a customer's devices in order of id, and how many there are in all.</summary>
    public (IReadOnlyList<DeviceEntry> Items, int Total) List(string customerId, ApiEnvironment environment, string? userId, int offset, int limit)
    {
        if (!_owned.TryGetValue((customerId, environment), out ImmutableSortedSet<string>? owned))
            return ([], 0);
        if (userId is null)
        {
            var page = new List<DeviceEntry>(limit);
            for (int i = offset; i < owned.Count && page.Count < limit; i++)
            {
                if (Find(new DeviceId(owned[i])) is { } device)
                    page.Add(device);
            }
            return (page, owned.Count);
        }
        List<DeviceEntry> users = [.. owned.Select(id => Find(new DeviceId(id))).OfType<DeviceEntry>().Where(device => device.ChargePoint.UserId == userId)];
        return ([.. users.Skip(offset).Take(limit)], users.Count);
    }

    /// <summary>The charge point to which a device id belongs, or null when it is free.</summary>
    public ChargePointId? OwnerOf(DeviceId device) => _devices.TryGetValue(device, out ChargePointId owner) ? owner : null;

    /// <summary>
    /// Changes or creates a record: on disk first, then visible. <paramref name="change"/> gets the record as it is (null: none)
    /// and returns the new one, or the same one for no change, or null to leave it absent.
    /// </summary>
    /// <exception cref="StorageUnavailableException">Nothing was changed.</exception>
    public async Task<ChargePointRecord?> ChangeAsync(ChargePointId id, Func<ChargePointRecord?, ChargePointRecord?> change, CancellationToken cancellationToken)
    {
        Entry entry = _chargePoints.GetOrAdd(id, static _ => new Entry());
        ChargePointRecord? overtaken = null;
        int tries = 0;
        await entry.Gate.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                ChargePointRecord? before = entry.Record;
                ChargePointRecord? after = change(before);
                if (after is null || ReferenceEquals(before, after))
                    return before;
                if (await store.TrySaveChargePointAsync(after, cancellationToken) is { } version)
                {
                    Put(entry, after with { Version = version });
                    return entry.Record;
                }
                if (++tries == MaxTries)
                    throw new StorageUnavailableException("The charge point is changed by others all the time.");
                // Another node was faster: the change is made to what it left.
                overtaken ??= before;
                Put(entry, await FindStoredAsync(id.Value.ToUpperInvariant(), cancellationToken));
            }
        }
        finally
        {
            entry.Gate.Release();
            if (overtaken is not null)
                Adopted?.Invoke(overtaken, entry.Record);
        }
    }

    private async Task<ChargePointRecord?> FindStoredAsync(string key, CancellationToken cancellationToken) =>
        await store.FindChargePointsAsync([key], cancellationToken) is [var stored, ..] ? stored : null;

    /// <summary>
    /// Takes a record as the store has it, unless this node's own is newer. Null = the store has none.
    /// </summary>
    internal async Task AdoptAsync(string key, ChargePointRecord? stored, CancellationToken cancellationToken)
    {
        if (!ChargePointId.TryParse(stored?.Id.Value ?? key, out ChargePointId id))
            return;
        Entry entry = _chargePoints.GetOrAdd(id, static _ => new Entry());
        ChargePointRecord? before;
        await entry.Gate.WaitAsync(cancellationToken);
        try
        {
            before = entry.Record;
            // What was read before the gate was passed may be old by now where this node changed it.
            if (stored is null || before is null || stored.Version < before.Version || before.Devices.Any(device => IsNewer(device, stored)))
                stored = await FindStoredAsync(key, cancellationToken);
            Put(entry, stored);
        }
        finally
        {
            entry.Gate.Release();
        }
        if (before is not null || stored is not null)
            Adopted?.Invoke(before, stored);

        static bool IsNewer(DeviceRecord mine, ChargePointRecord stored) =>
            stored.Devices.FirstOrDefault(device => device.Id == mine.Id) is { } other && mine.MaxChargeRate?.WrittenAt > (other.MaxChargeRate?.WrittenAt ?? DateTimeOffset.MinValue);
    }

    /// <summary>Removes a charge point and its devices; false when there was none.</summary>
    public async Task<bool> RemoveAsync(ChargePointId id, CancellationToken cancellationToken)
    {
        if (!_chargePoints.TryGetValue(id, out Entry? entry))
            return false;
        await entry.Gate.WaitAsync(cancellationToken);
        try
        {
            if (entry.Record is not { } record)
                return false;
            await store.DeleteChargePointAsync(id, cancellationToken);
            entry.Record = null;
            CountPending(record, -1);
            Unindex(record);
            return true;
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    /// <summary>Stores a desired cap, then shows it; the newest write wins.</summary>
    public async Task<DeviceEntry?> SetCapAsync(DeviceId device, ChargeRateCap cap, CancellationToken cancellationToken)
    {
        if (!_devices.TryGetValue(device, out ChargePointId owner) || !_chargePoints.TryGetValue(owner, out Entry? entry))
            return null;
        await entry.Gate.WaitAsync(cancellationToken);
        try
        {
            if (entry.Record is not { } record)
                return null;
            await store.SaveCapAsync(owner, device, cap, cancellationToken);
            entry.Record = record with
            {
                Devices = [.. record.Devices.Select(d => d.Id == device ? d with { MaxChargeRate = cap } : d)],
            };
        }
        finally
        {
            entry.Gate.Release();
        }
        return Find(device);
    }

    private void Put(Entry entry, ChargePointRecord? after)
    {
        ChargePointRecord? before = entry.Record;
        entry.Record = after;
        if (after is not null)
        {
            Index(before, after);
        }
        else if (before is not null)
        {
            CountPending(before, -1);
            Unindex(before);
        }
    }

    private void Index(ChargePointRecord? before, ChargePointRecord after)
    {
        CountPending(before, -1);
        CountPending(after, 1);
        if (before is not null && before.CustomerId == after.CustomerId && before.Environment == after.Environment
            && before.Devices.Select(d => d.Id).SequenceEqual(after.Devices.Select(d => d.Id)))
        {
            return;
        }
        if (before is not null)
            Unindex(before);
        foreach (DeviceRecord device in after.Devices)
        {
            _devices[device.Id] = after.Id;
            if (after.CustomerId is { } customer)
            {
                _owned.AddOrUpdate(
                    (customer, after.Environment),
                    static (_, id) => ImmutableSortedSet.Create(StringComparer.Ordinal, id),
                    static (_, set, id) => set.Add(id),
                    device.Id.Value);
            }
        }
    }

    private void CountPending(ChargePointRecord? record, int change)
    {
        if (record is { Admission: Admission.Pending })
            Interlocked.Add(ref _pending, change);
    }

    private void Unindex(ChargePointRecord record)
    {
        foreach (DeviceRecord device in record.Devices)
        {
            _devices.TryRemove(device.Id, out _);
            if (record.CustomerId is { } customer && _owned.TryGetValue((customer, record.Environment), out _))
            {
                _owned.AddOrUpdate(
                    (customer, record.Environment),
                    static (_, _) => ImmutableSortedSet.Create<string>(StringComparer.Ordinal),
                    static (_, set, id) => set.Remove(id),
                    device.Id.Value);
            }
        }
    }
}
