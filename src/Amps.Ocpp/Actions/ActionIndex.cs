using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Amps.Ocpp.Model;
using Amps.Ocpp.Nodes;

namespace Amps.Ocpp.Actions;

/// <summary>
/// The newest action of each device, in memory, so that reading a charger touches no store. Filled from the store for a
/// device at its first read; kept up to date by whoever moves an action on. Where other nodes move actions on, too, they say so, and
/// what is known is looked up again once in a while in case that was not heard.
/// </summary>
public sealed class ActionIndex(IActionStore store, NodesOptions nodes, TimeProvider time)
{
    private static readonly TimeSpan s_believedFor = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<DeviceId, Known> _newest = new();
    private long _forgotten;

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Known(ActionRecord? Action, long At);

    /// <summary>Takes a new or changed action; an older action of the device is ignored.</summary>
    public void Put(ActionRecord action) => _newest.AddOrUpdate(
        action.DeviceId,
        static (_, added) => added,
        static (_, known, added) => known.Action is null || Follows(known.Action, added.Action!) ? added : known with { At = added.At },
        new Known(action, time.GetTimestamp()));

    /// <summary>The newest action of a device as far as it is known; false = it has to be loaded to be sure.</summary>
    public bool TryGet(DeviceId device, out ActionRecord? action)
    {
        bool known = _newest.TryGetValue(device, out Known newest);
        action = newest.Action;
        return known && (!nodes.Shared || time.GetElapsedTime(newest.At) < s_believedFor);
    }

    /// <summary>Another node moved an action of the device on: it is loaded at the next read.</summary>
    public void Forget(DeviceId device)
    {
        Interlocked.Increment(ref _forgotten);
        _newest.TryRemove(device, out _);
    }

    /// <summary>Loads the newest actions of these devices that are not known for sure; a store that is away leaves them as they are.</summary>
    public async Task LoadAsync(IReadOnlyList<DeviceId> devices, CancellationToken cancellationToken)
    {
        List<DeviceId> missing = [.. devices.Where(device => !TryGet(device, out _))];
        if (missing.Count == 0)
            return;
        try
        {
            long forgotten = Interlocked.Read(ref _forgotten);
            IReadOnlyList<ActionRecord> found = await store.FindNewestAsync(missing, cancellationToken);
            foreach (ActionRecord action in found)
                Put(action);
            foreach (DeviceId device in missing)
                _newest.TryAdd(device, new Known(null, time.GetTimestamp()));
            // What was read may have been moved on meanwhile: it is shown now and read again next time.
            if (forgotten != Interlocked.Read(ref _forgotten))
                missing.ForEach(device => Doubt(device));
        }
        catch (StorageUnavailableException)
        {
            // Reads go on without it (faults A16).
        }
    }

    private void Doubt(DeviceId device)
    {
        if (_newest.TryGetValue(device, out Known known))
            _newest.TryUpdate(device, known with { At = known.At - (10 * time.TimestampFrequency) }, known);
    }

    private static bool Follows(ActionRecord known, ActionRecord added) =>
        added.Id == known.Id ? added.UpdatedAt >= known.UpdatedAt : string.CompareOrdinal(added.Id.Value, known.Id.Value) > 0;
}
