using System.Collections.Concurrent;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers;

/// <summary>The mailboxes of this node, made when a charge point first connects and kept while it is registered.</summary>
public sealed class ChargePoints(ChargePointServices services)
{
    private readonly ConcurrentDictionary<ChargePointId, ChargePoint> _chargePoints = new();

    /// <summary>Every charge point that connected to this node since its start.</summary>
    public IEnumerable<ChargePoint> All => _chargePoints.Values;

    public ChargePoint? Find(ChargePointId id) => _chargePoints.GetValueOrDefault(id);

    /// <summary>The mailbox of a registered charge point, with what the store remembers of it.</summary>
    /// <exception cref="StorageUnavailableException">The store is away: what it remembers is not known.</exception>
    public async ValueTask<ChargePoint> GetAsync(ChargePointRecord record, CancellationToken cancellationToken)
    {
        if (_chargePoints.TryGetValue(record.Id, out ChargePoint? known) && (known.IsOnline || !services.Options.Shared))
            return known;
        ChargePointMemory memory = await services.Store.RecallAsync(record.Id, [.. record.Devices.Select(device => device.Id)], cancellationToken);
        if (known is null)
            return _chargePoints.GetOrAdd(record.Id, id => new ChargePoint(id, memory, services));
        await known.RecallAsync(memory);
        return known;
    }

    /// <summary>Closes a removed charge point's link and forgets its mailbox and its devices.</summary>
    public void Remove(ChargePointId id, IEnumerable<DeviceId> devices)
    {
        Forget(id, devices);
        if (_chargePoints.TryRemove(id, out ChargePoint? chargePoint))
            chargePoint.Session?.Close(SessionEnd.Removed);
    }

    /// <summary>Forgets devices that a charge point had.</summary>
    public void Forget(ChargePointId id, IEnumerable<DeviceId> devices)
    {
        foreach (DeviceId device in devices)
        {
            foreach (Charger charger in Find(id)?.Chargers ?? [])
            {
                if (charger.DeviceId == device)
                    charger.Removed = true;
            }
            foreach (IChargerObserver observer in services.Observers)
                observer.OnDeviceRemoved(device);
        }
    }
}
