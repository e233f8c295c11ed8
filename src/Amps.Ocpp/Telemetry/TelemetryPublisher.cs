using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Mqtt;

namespace Amps.Ocpp.Telemetry;

/// <summary>
/// State out to MQTT (charger behaviour, section 7). States and links are retained, and per topic only the newest counts: a
/// charger that changes faster than the broker takes is published less often, never late. When many chargers report new
/// measurements, these wait up to <see cref="MeterRest"/> for more; anything else that changes never waits for that.
/// </summary>
public sealed class TelemetryPublisher : BackgroundService, IChargerObserver
{
    private const int StateMark = 4;
    private const int LinkMark = 8;
    private const int MeterMark = 16;
    private const int AtOnce = 64;

    // So many at once are a flood: a moment's rest after them lets more changes of one charger become one message.
    private const int Flood = 32;
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(10);

    // Far below the second within which all nodes agree, far above what a broker needs for a message.
    private static readonly TimeSpan MeterRest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(200);

    /// <summary>A charger whose state or link is to be told, or a device that is gone.</summary>
    private readonly record struct Change(Charger? Charger, int Mark, DeviceId Gone);

    private static readonly ReadOnlyMemory<byte> s_online = "online"u8.ToArray();

    private readonly IMqttClient _mqtt;
    private readonly IDisposable _onConnected;
    private readonly TelemetryOptions _options;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<Charger, bool> _seen = new();
    private readonly SemaphoreSlim _inFlight = new(AtOnce);

    // Each charger stands in it at most once a mark, so the number of chargers is its limit.
    private readonly Channel<Change> _changed = Channel.CreateUnbounded<Change>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Channel<Change> _measured = Channel.CreateUnbounded<Change>(new UnboundedChannelOptions { SingleReader = true });
    private readonly PassingMessages _passing;

    // Two loops publish states: what is read later must go out later, or the broker would retain the older one.
    private readonly Lock _order = new();

    public TelemetryPublisher(IMqttClient mqtt, TelemetryOptions options, TimeProvider time)
    {
        _mqtt = mqtt;
        _options = options;
        _time = time;
        _passing = new PassingMessages(mqtt, options, time);
        _onConnected = mqtt.OnConnected(OnConnectedAsync);
    }

    public void OnStateChanged(Charger charger, bool meterOnly)
    {
        Note(charger, meterOnly ? MeterMark : StateMark);
        if (meterOnly && charger.State is { Meter: { } sample } state && IsConnected)
            _passing.Add(charger.DeviceId, new SampleMessage(state.ObservedAt, state.Transaction?.Id, sample));
    }

    public void OnLinkChanged(Charger charger) => Note(charger, LinkMark);

    /// <summary>Takes the retained topics of a device away; while the broker is away they stay there, and reads do not know the device.</summary>
    public void OnDeviceRemoved(DeviceId device)
    {
        foreach (Charger charger in _seen.Keys.Where(charger => charger.DeviceId == device))
            _seen.TryRemove(charger, out _);
        _changed.Writer.TryWrite(new Change(null, 0, device));
    }

    public void OnNotice(ChargerNotice notice) =>
        _passing.Add(notice.DeviceId, new EventMessage(notice.Kind, notice.At, notice.Detail, _options.NodeId));

    public override void Dispose()
    {
        _onConnected.Dispose();
        _inFlight.Dispose();
        base.Dispose();
    }

    /// <summary>After each connect: presence, then everything once more, since the broker may have lost what it was told (faults M3).</summary>
    private async ValueTask OnConnectedAsync(CancellationToken cancellationToken)
    {
        await _mqtt.PublishAsync($"{_options.TopicPrefix}/nodes/{_options.NodeId}/status", s_online, MqttPublishOptions.Retained, cancellationToken);
        foreach (Charger charger in _seen.Keys)
        {
            Note(charger, LinkMark);
            if (charger.State.EverHeard)
                Note(charger, StateMark);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.WhenAll(
            _passing.RunAsync(stoppingToken),
            PublishAsTheyComeAsync(_changed, Rest, stoppingToken),
            PublishAsTheyComeAsync(_measured, MeterRest, stoppingToken));
        // The last states and links are still published, so that nobody takes a stopped node's chargers for connected.
        foreach (Channel<Change> channel in new[] { _measured, _changed })
        {
            while (IsConnected && channel.Reader.TryRead(out Change last))
                await PublishAsync(last);
        }
        for (int i = 0; i < AtOnce; i++)
            await _inFlight.WaitAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
    }

    private async Task PublishAsTheyComeAsync(Channel<Change> channel, TimeSpan rest, CancellationToken stoppingToken)
    {
        var turn = new List<Change>();
        try
        {
            while (await channel.Reader.WaitToReadAsync(stoppingToken))
            {
                if (!await WaitConnectedAsync(stoppingToken))
                    continue;
                if (await PublishChangedAsync(channel, turn) >= Flood)
                    await Task.Delay(rest, _time, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The service is going down.
        }
    }

    private bool IsConnected => _mqtt.State == MqttConnectionState.Connected;

    private void Note(Charger charger, int mark)
    {
        if (charger.Removed)
            return;
        _seen.TryAdd(charger, true);
        if (charger.TryMark(mark))
            (mark == MeterMark ? _measured : _changed).Writer.TryWrite(new Change(charger, mark, default));
    }

    /// <summary>
    /// Publishes what has changed by now, each charger once, however often it changes meanwhile: its mark falls only when its turn
    /// comes. Returns how many there were.
    /// </summary>
    private async Task<int> PublishChangedAsync(Channel<Change> channel, List<Change> turn)
    {
        turn.Clear();
        while (channel.Reader.TryRead(out Change changed))
            turn.Add(changed);
        foreach (Change changed in turn)
        {
            if (IsConnected)
                await PublishAsync(changed);
            else
                channel.Writer.TryWrite(changed);
        }
        return turn.Count;
    }

    /// <summary>Starts one publication; more than <see cref="AtOnce"/> unanswered ones hold back the next.</summary>
    private async Task PublishAsync(Change change)
    {
        if (change.Charger is not { } charger)
        {
            await _mqtt.PublishAsync(Topic(change.Gone, "state"), default, MqttPublishOptions.Retained, CancellationToken.None);
            await _mqtt.PublishAsync(Topic(change.Gone, "link"), default, MqttPublishOptions.Retained, CancellationToken.None);
            return;
        }
        if (charger.Removed || charger.ChargePoint.IsSuperseded)
        {
            charger.Unmark(change.Mark);
            return;
        }
        await _inFlight.WaitAsync();
        if (!TryBegin(charger, change.Mark))
            _inFlight.Release();
    }

    /// <summary>Hands the newest state or link to the broker's link; false when that was done meanwhile, with another change.</summary>
    private bool TryBegin(Charger charger, int mark)
    {
        lock (_order)
        {
            if (!charger.IsMarked(mark))
                return false;
            // A state holds the measurements too.
            charger.Unmark(mark == StateMark ? StateMark | MeterMark : mark);
            (string leaf, byte[] payload) = mark == LinkMark ? ("link", Link(charger)) : ("state", State(charger));
            _ = FinishAsync(_mqtt.PublishAsync(Topic(charger.DeviceId, leaf), payload, MqttPublishOptions.Retained, CancellationToken.None), charger, mark);
            return true;
        }
    }

    private async Task FinishAsync(ValueTask<MqttPublishResult> publication, Charger charger, int mark)
    {
        try
        {
            MqttPublishResult result = await publication;
            if (result is not (MqttPublishResult.Success or MqttPublishResult.NoMatchingSubscribers))
                Note(charger, mark);
        }
        finally
        {
            _inFlight.Release();
        }
    }

    private async Task<bool> WaitConnectedAsync(CancellationToken stoppingToken)
    {
        while (!IsConnected)
            await Task.Delay(RetryAfter, _time, stoppingToken);
        return true;
    }

    private byte[] State(Charger charger) =>
        JsonSerializer.SerializeToUtf8Bytes(charger.State.ToSnapshot(_options.NodeId), SnapshotJson.Default.ChargerSnapshot);

    private byte[] Link(Charger charger)
    {
        ChargePoint chargePoint = charger.ChargePoint;
        var link = new ChargerLink(chargePoint.IsOnline, chargePoint.LinkSince, _options.NodeId, chargePoint.Generation);
        return JsonSerializer.SerializeToUtf8Bytes(link, SnapshotJson.Default.ChargerLink);
    }

    private string Topic(DeviceId device, string leaf) => $"{_options.TopicPrefix}/{device.TopicLevels}/{leaf}";
}
