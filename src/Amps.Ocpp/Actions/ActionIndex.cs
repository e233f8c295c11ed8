using System.Collections.Concurrent;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Actions;

/// <summary>
/// The newest action of each device, in memory, so that reading a charger touches no store. Filled from the store for a
/// device at its first read; kept up to date by whoever moves an action on.
/// </summary>
public sealed class ActionIndex(IActionStore store)
{
    private readonly ConcurrentDictionary<DeviceId, ActionRecord?> _newest = new();

    /// <summary>Takes a new or changed action; an older action of the device is ignored.</summary>
    public void Put(ActionRecord action) => _newest.AddOrUpdate(
        action.DeviceId,
        static (_, added) => added,
        static (_, known, added) => known is null || Follows(known, added) ? added : known,
        action);

    /// <summary>The newest action of a device if it is known already; false = it has to be loaded.</summary>
    public bool TryGet(DeviceId device, out ActionRecord? action) => _newest.TryGetValue(device, out action);

    /// <summary>Loads the newest actions of these devices that are not known yet; a store that is away leaves them unknown.</summary>
    public async Task LoadAsync(IReadOnlyList<DeviceId> devices, CancellationToken cancellationToken)
    {
        List<DeviceId> missing = [.. devices.Where(device => !_newest.ContainsKey(device))];
        if (missing.Count == 0)
            return;
        try
        {
            foreach (ActionRecord action in await store.FindNewestAsync(missing, cancellationToken))
                Put(action);
            foreach (DeviceId device in missing)
                _newest.TryAdd(device, null);
        }
        catch (StorageUnavailableException)
        {
            // Reads go on without it (faults A16).
        }
    }

    private static bool Follows(ActionRecord known, ActionRecord added) =>
        added.Id == known.Id ? added.UpdatedAt >= known.UpdatedAt : string.CompareOrdinal(added.Id.Value, known.Id.Value) > 0;
}
