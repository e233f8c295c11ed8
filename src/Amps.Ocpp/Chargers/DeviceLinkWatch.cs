using System.Collections.Concurrent;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// Tells when a device is there for the first time, is gone for longer than the grace, and is back (canonical API, section 9). One
/// sweep looks at those whose link changed and about whom nothing is decided yet; all others cost nothing. A gap shorter than
/// the grace is never told. What was told is kept in the store, so that a restart tells nothing twice; a device that was there
/// before a restart gets the grace from the restart on.
/// </summary>
public sealed partial class DeviceLinkWatch(
    IDeviceLinkStore store, ChargePointDirectory directory, ChargersOptions options, TimeProvider time, ILogger<DeviceLinkWatch> logger, IDevicesElsewhere? elsewhere = null) : BackgroundService, IChargerObserver
{
    private const int Together = 128;

    private readonly ConcurrentDictionary<DeviceId, Undecided> _undecided = new();
    private readonly ConcurrentDictionary<DeviceId, bool> _here = new();
    private ConcurrentDictionary<DeviceId, bool>? _told;
    private DateTimeOffset _lookAround;
    private readonly DateTimeOffset _born = time.GetUtcNow();

    /// <summary>A device whose link changed.</summary>
    /// <param name="ChargePoint">Null = it has not connected here since the start.</param>
    /// <param name="Missing">Since when nobody holds it, as far as is known here, where that is not the charge point's own knowledge.</param>
    private sealed record Undecided(ChargePoint? ChargePoint, DateTimeOffset Missing = default);

    public void OnLinkChanged(Charger charger)
    {
        if (options.Shared && charger.ChargePoint.IsOnline)
            _here[charger.DeviceId] = true;
        else if (options.Shared)
            _here.TryRemove(charger.DeviceId, out _);
        _undecided[charger.DeviceId] = new Undecided(charger.ChargePoint);
    }

    public void OnStateChanged(Charger charger, bool meterOnly)
    {
        // Only links count here.
    }

    public void OnDeviceRemoved(DeviceId device)
    {
        // One of the same name that comes later is another device.
        _undecided.TryRemove(device, out _);
        _told?.TryRemove(device, out _);
    }

    public void OnNotice(ChargerNotice notice)
    {
        // Only links count here.
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.LinkSweep, time);
        try
        {
            do
                await SweepAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // What is undecided is looked at again after the next start.
        }
    }

    /// <summary>Decides what can be decided now. Not to be called by two at a time.</summary>
    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        try
        {
            DateTimeOffset now = time.GetUtcNow();
            // Other nodes tell too, and one that died left devices about which only the others can decide.
            bool lookAround = options.Shared && now >= _lookAround;
            if (_told is null || lookAround || (options.Shared && !_undecided.IsEmpty))
                await RecallAsync(_told is null ? _born : now, _told is null || lookAround, cancellationToken);
            if (lookAround)
                _lookAround = now + (options.LinkGrace / 4);
            // Together, so that the store commits them together.
            foreach (KeyValuePair<DeviceId, Undecided>[] some in _undecided.Chunk(Together))
                await Task.WhenAll(some.Select(entry => SettleAsync(entry, now, cancellationToken)));
        }
        catch (StorageUnavailableException e)
        {
            LogStorage(e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(e);
        }
    }

    private async Task SettleAsync(KeyValuePair<DeviceId, Undecided> entry, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await DecideAsync(entry.Key, entry.Value, now, cancellationToken))
            _undecided.TryRemove(entry);
    }

    private async Task RecallAsync(DateTimeOffset missing, bool lookAround, CancellationToken cancellationToken)
    {
        var told = new ConcurrentDictionary<DeviceId, bool>(await store.LoadToldAsync(cancellationToken));
        _told = told;
        if (!lookAround)
            return;
        foreach (DeviceId there in told.Where(device => device.Value && !_here.ContainsKey(device.Key)).Select(device => device.Key))
            _undecided.TryAdd(there, new Undecided(null, missing));
    }

    /// <summary>Whether nothing about the device is open any more.</summary>
    private async Task<bool> DecideAsync(DeviceId id, Undecided undecided, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (directory.Find(id) is not { } device)
        {
            _told!.TryRemove(id, out _);
            return true;
        }
        bool known = _told!.TryGetValue(id, out bool toldThere);
        if (undecided.ChargePoint is { IsOnline: true } chargePoint)
        {
            if (known && toldThere)
                return true;
            // Before the boot was accepted the charger is not in service; before it is claimed there is nobody to tell.
            if (!chargePoint.IsReady || device.ChargePoint.Boot is null)
                return false;
            string type = known ? OutboxEventTypes.DeviceReconnected : OutboxEventTypes.DeviceConnected;
            return await TellAsync(device, type, chargePoint.OnlineSince ?? now, now, cancellationToken);
        }
        bool? held = elsewhere is null ? false : elsewhere.Holds(id);
        if (held != false)
            return held == true;
        // A simulated device that nobody uses is put away, which is no news to an app.
        if (!known || !toldThere || device.ChargePoint.Environment == ApiEnvironment.Sandbox)
            return true;
        DateTimeOffset goneSince = undecided.ChargePoint?.LinkSince ?? undecided.Missing;
        return now - goneSince > options.LinkGrace
            && await TellAsync(device, OutboxEventTypes.DeviceDisconnected, goneSince, now, cancellationToken);
    }

    private async Task<bool> TellAsync(DeviceEntry device, string type, DateTimeOffset happenedAt, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (device.ChargePoint.CustomerId is not { } customer)
            return false;
        bool there = type != OutboxEventTypes.DeviceDisconnected;
        if (await store.TellAsync(there, DeviceLinkEvents.Of(type, device, customer, happenedAt, now), cancellationToken))
            LogTold(device.ChargePoint.Id, device.Device.Id, type);
        _told![device.Device.Id] = there;
        return true;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Charge point {ChargePointId}: {EventType} of {DeviceId}")]
    private partial void LogTold(ChargePointId chargePointId, DeviceId deviceId, string eventType);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Links of devices not told, storage is away: {Reason}; tried again")]
    private partial void LogStorage(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking at the links of devices failed")]
    private partial void LogFailed(Exception exception);
}
