using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Amps.Ocpp.Model;
using Amps.Ocpp.Routing;

namespace Amps.Ocpp.Readings;

/// <summary>
/// The snapshots that reads are served from. Fed by the broker and by nothing else; the higher sequence wins, so that repeats
/// and old retained messages change nothing (faults M4, M7).
/// </summary>
public sealed class SnapshotCache(ReadingsOptions options) : IOtherNodes
{
    private const int MaxNodes = 10_000;
    private static readonly Meter s_meter = new("Amps.Ocpp.Readings");
    private static readonly Counter<long> s_ignored = s_meter.CreateCounter<long>("amps.readings.ignored_messages");

    private readonly ConcurrentDictionary<string, CachedCharger> _chargers = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, bool> _nodes = new(StringComparer.Ordinal);

    public int Count => _chargers.Count;

    /// <summary>
    /// Whether a link told over the broker is to be believed: its node is up, and it is another one. What a killed node left
    /// behind says that its charge points are connected, and so does what an earlier life of this node left.
    /// </summary>
    public bool IsOnline(ChargerLink? link) =>
        link is { Online: true } && link.Node != options.NodeId && _nodes.GetValueOrDefault(link.Node);

    /// <summary>Told of every link that is read, also of one that changes nothing here.</summary>
    public Action<DeviceId, ChargerLink>? LinkTold { get; set; }

    /// <summary>Told of every state that is read, also of one that changes nothing here.</summary>
    public Action<DeviceId, ChargerSnapshot>? StateTold { get; set; }

    public ChargerLink? FindLink(DeviceId device) => Find(device)?.Link is { } link && IsOnline(link) ? link : null;

    public ChargerSnapshot? FindSnapshot(DeviceId device) => Find(device)?.Reading?.Snapshot;

    /// <summary>Takes the payload of a node's presence topic.</summary>
    public void PutNode(string levels, ReadOnlySpan<byte> payload)
    {
        string nodeId = levels[(levels.IndexOf('/') + 1)..];
        if (payload.IsEmpty)
            _nodes.TryRemove(nodeId, out _);
        else if (_nodes.Count < MaxNodes || _nodes.ContainsKey(nodeId))
            _nodes[nodeId] = payload.SequenceEqual("online"u8);
    }

    public CachedCharger? Find(DeviceId device) => _chargers.GetValueOrDefault(device.Value);

    /// <summary>Takes the payload of a state topic; an empty one deletes, one that cannot be read is ignored and counted.</summary>
    public void PutState(string levels, ReadOnlySpan<byte> payload)
    {
        if (!DeviceId.TryFromTopicLevels(levels, out DeviceId device))
            s_ignored.Add(1);
        else if (payload.IsEmpty)
            _chargers.TryRemove(device.Value, out _);
        else if (Read(payload, SnapshotJson.Default.ChargerSnapshot) is { } snapshot && snapshot.DeviceId == device.Value)
        {
            Entry(snapshot.DeviceId)?.Put(snapshot);
            StateTold?.Invoke(device, snapshot);
        }
        else
        {
            s_ignored.Add(1);
        }
    }

    /// <summary>Takes the payload of a link topic.</summary>
    public void PutLink(string levels, ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
            return;
        if (DeviceId.TryFromTopicLevels(levels, out DeviceId device) && Read(payload, SnapshotJson.Default.ChargerLink) is { } link)
        {
            Entry(device.Value)?.Put(link);
            LinkTold?.Invoke(device, link);
        }
        else
        {
            s_ignored.Add(1);
        }
    }

    private CachedCharger? Entry(string deviceId)
    {
        if (_chargers.TryGetValue(deviceId, out CachedCharger? known))
            return known;
        if (_chargers.Count < options.MaxDevices)
            return _chargers.GetOrAdd(deviceId, static _ => new CachedCharger());
        s_ignored.Add(1);
        return null;
    }

    private static T? Read<T>(ReadOnlySpan<byte> payload, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(payload, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>One device in the cache; read without a lock.</summary>
public sealed class CachedCharger
{
    private readonly Lock _gate = new();
    private volatile Reading? _reading;
    private volatile ChargerLink? _link;
    private volatile TaskCompletionSource? _changed;

    /// <summary>The snapshot as a reading from the cache; null while only the link is known.</summary>
    public Reading? Reading => _reading;

    public ChargerLink? Link => _link;

    /// <summary>Completes at the next change; to be taken before the state is looked at.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
                return (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    internal void Put(ChargerSnapshot snapshot)
    {
        lock (_gate)
        {
            if (_reading is { } known && known.Snapshot.Sequence >= snapshot.Sequence)
                return;
            _reading = new Reading(snapshot, ReadingSource.Cache);
            Signal();
        }
    }

    internal void Put(ChargerLink link)
    {
        lock (_gate)
        {
            if (_link is { } known && (known.Generation > link.Generation || (known.Generation == link.Generation && known.Since > link.Since)))
                return;
            _link = link;
            Signal();
        }
    }

    private void Signal()
    {
        _changed?.TrySetResult();
        _changed = null;
    }
}
