using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Threading.Channels;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Mqtt;

namespace Amps.Ocpp.Telemetry;

/// <summary>
/// State out to MQTT (charger behaviour, section 7). States and links are retained, and per topic only the newest counts: a
/// charger that changes faster than the broker takes is published less often, never late. Events and samples go out as they
/// come while the broker takes them.
/// </summary>
public sealed class TelemetryPublisher : BackgroundService, IChargerObserver
{
    private const int StateMark = 4;
    private const int LinkMark = 8;
    private const int AtOnce = 64;
    private const int PassingAtOnce = 128;

    // So many at once are a flood: a moment's rest after them lets more changes of one charger become one message.
    private const int Flood = 32;
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(200);
    private static readonly Meter s_meter = new("Amps.Ocpp.Telemetry");
    private static readonly Counter<long> s_dropped = s_meter.CreateCounter<long>("amps.telemetry.dropped_messages");

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
    private readonly List<Change> _turn = [];

    // Serialised when its turn comes, so that what is dropped in a flood has cost next to nothing.
    private readonly Channel<(DeviceId Device, object Message)> _passing;

    public TelemetryPublisher(IMqttClient mqtt, TelemetryOptions options, TimeProvider time)
    {
        _mqtt = mqtt;
        _options = options;
        _time = time;
        _passing = Channel.CreateBounded<(DeviceId, object)>(
            new BoundedChannelOptions(options.MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            static _ => s_dropped.Add(1));
        _onConnected = mqtt.OnConnected(OnConnectedAsync);
    }

    public void OnStateChanged(Charger charger, bool meterOnly)
    {
        Note(charger, StateMark);
        if (meterOnly && charger.State is { Meter: { } sample } state && IsConnected)
            _passing.Writer.TryWrite((charger.DeviceId, new SampleMessage(state.ObservedAt, state.Transaction?.Id, sample)));
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
        _passing.Writer.TryWrite((notice.DeviceId, new EventMessage(notice.Kind, notice.At, notice.Detail, _options.NodeId)));

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
        Task passing = PassOnAsync(stoppingToken);
        try
        {
            while (await _changed.Reader.WaitToReadAsync(stoppingToken))
            {
                if (!await WaitConnectedAsync(stoppingToken))
                    continue;
                if (await PublishChangedAsync() >= Flood)
                    await Task.Delay(Rest, _time, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The last states and links are still published, so that nobody takes a stopped node's chargers for connected.
        }
        await passing;
        while (IsConnected && _changed.Reader.TryRead(out Change last))
            await PublishAsync(last);
        for (int i = 0; i < AtOnce; i++)
            await _inFlight.WaitAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
    }

    private bool IsConnected => _mqtt.State == MqttConnectionState.Connected;

    private void Note(Charger charger, int mark)
    {
        if (charger.Removed)
            return;
        _seen.TryAdd(charger, true);
        if (charger.TryMark(mark))
            _changed.Writer.TryWrite(new Change(charger, mark, default));
    }

    /// <summary>
    /// Publishes what has changed by now, each charger once, however often it changes meanwhile: its mark falls only when its turn
    /// comes. Returns how many there were.
    /// </summary>
    private async Task<int> PublishChangedAsync()
    {
        _turn.Clear();
        while (_changed.Reader.TryRead(out Change changed))
            _turn.Add(changed);
        foreach (Change changed in _turn)
        {
            if (IsConnected)
                await PublishAsync(changed);
            else
                _changed.Writer.TryWrite(changed);
        }
        return _turn.Count;
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
        int mark = change.Mark;
        await _inFlight.WaitAsync();
        charger.Unmark(mark);
        ValueTask<MqttPublishResult> publication = mark == StateMark
            ? _mqtt.PublishAsync(Topic(charger.DeviceId, "state"), State(charger), MqttPublishOptions.Retained, CancellationToken.None)
            : _mqtt.PublishAsync(Topic(charger.DeviceId, "link"), Link(charger), MqttPublishOptions.Retained, CancellationToken.None);
        _ = FinishAsync(publication, charger, mark);
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

    private async Task PassOnAsync(CancellationToken stoppingToken)
    {
        var sent = new List<Task>(PassingAtOnce);
        try
        {
            while (await _passing.Reader.WaitToReadAsync(stoppingToken))
            {
                int count = 0;
                for (; count < PassingAtOnce && _passing.Reader.TryRead(out (DeviceId Device, object Message) next); count++)
                    PassOn(next.Device, next.Message, sent);
                // Together they cost the broker's link one wake-up, and this loop one.
                await Task.WhenAll(sent);
                sent.Clear();
                if (count == PassingAtOnce)
                    await Task.Delay(Rest, _time, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Events and samples without memory end with the service.
        }
    }

    private void PassOn(DeviceId device, object message, List<Task> sent)
    {
        if (!IsConnected)
        {
            s_dropped.Add(1);
            return;
        }
        (string leaf, byte[] payload) = message is EventMessage happened
            ? ("events", JsonSerializer.SerializeToUtf8Bytes(happened, TelemetryJson.Default.EventMessage))
            : ("telemetry", JsonSerializer.SerializeToUtf8Bytes((SampleMessage)message, TelemetryJson.Default.SampleMessage));
        sent.Add(_mqtt.PublishAsync(Topic(device, leaf), payload, MqttPublishOptions.Default, CancellationToken.None).AsTask());
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
