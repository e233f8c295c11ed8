using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Threading.Channels;
using Amps.Ocpp.Model;
using Amps.Ocpp.Mqtt;

namespace Amps.Ocpp.Telemetry;

/// <summary>
/// Events and samples, which no broker keeps: they go out as they come while the broker takes them. Of the samples of a device that
/// came within one turn the oldest goes first; when the broker answers that nobody listens, the others are not sent: whoever
/// subscribes after that answer could not have had them.
/// </summary>
internal sealed class PassingMessages(IMqttClient mqtt, TelemetryOptions options, TimeProvider time)
{
    private const int AtOnce = 128;

    // So many at once are a flood: after them a longer moment lets more samples of one device fall into one turn.
    private const int Flood = 32;
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan RestUnheard = TimeSpan.FromMilliseconds(100);
    private static readonly Meter s_meter = new("Amps.Ocpp.Telemetry");
    private static readonly Counter<long> s_dropped = s_meter.CreateCounter<long>("amps.telemetry.dropped_messages");

    private readonly record struct Passing(DeviceId Device, object Message);

    // Serialised when its turn comes, so that what is dropped in a flood has cost next to nothing.
    private readonly Channel<Passing> _waiting = Channel.CreateBounded<Passing>(
        new BoundedChannelOptions(options.MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
        static _ => s_dropped.Add(1));

    private readonly List<Passing> _turn = [];
    private readonly List<Passing> _next = [];
    private readonly Dictionary<DeviceId, bool> _heard = [];
    private readonly List<(DeviceId? Asked, Task<MqttPublishResult> End)> _sent = new(AtOnce);

    public void Add(DeviceId device, EventMessage happened) => _waiting.Writer.TryWrite(new Passing(device, happened));

    public void Add(DeviceId device, SampleMessage sample) => _waiting.Writer.TryWrite(new Passing(device, sample));

    public async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                int count = await TurnAsync();
                if (count >= Flood)
                    await Task.Delay(_heard.ContainsValue(true) ? Rest : RestUnheard, time, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Events and samples without memory end with the service.
        }
    }

    /// <summary>Sends what waits by now; returns how many there were.</summary>
    private async Task<int> TurnAsync()
    {
        _heard.Clear();
        while (_turn.Count < options.MaxWaiting && _waiting.Reader.TryRead(out Passing passing))
            _turn.Add(passing);
        int count = _turn.Count;
        // First all events and the oldest sample of each device, then the samples that somebody wants.
        foreach (Passing passing in _turn)
        {
            if (passing.Message is EventMessage)
                await SendAsync(passing, asked: null);
            else if (_heard.TryAdd(passing.Device, false))
                await SendAsync(passing, passing.Device);
            else
                _next.Add(passing);
        }
        await SentAsync();
        foreach (Passing passing in _next)
        {
            if (_heard[passing.Device])
                await SendAsync(passing, asked: null);
        }
        await SentAsync();
        _turn.Clear();
        _next.Clear();
        return count;
    }

    private async ValueTask SendAsync(Passing passing, DeviceId? asked)
    {
        if (mqtt.State != MqttConnectionState.Connected)
        {
            s_dropped.Add(1);
            return;
        }
        (string leaf, byte[] payload) = passing.Message is EventMessage happened
            ? ("events", JsonSerializer.SerializeToUtf8Bytes(happened, TelemetryJson.Default.EventMessage))
            : ("telemetry", JsonSerializer.SerializeToUtf8Bytes((SampleMessage)passing.Message, TelemetryJson.Default.SampleMessage));
        string topic = $"{options.TopicPrefix}/{passing.Device.TopicLevels}/{leaf}";
        _sent.Add((asked, mqtt.PublishAsync(topic, payload, MqttPublishOptions.Default, CancellationToken.None).AsTask()));
        if (_sent.Count == AtOnce)
            await SentAsync();
    }

    /// <summary>Together they cost the broker's link one wake-up, and this loop one.</summary>
    private async Task SentAsync()
    {
        foreach ((DeviceId? asked, Task<MqttPublishResult> end) in _sent)
        {
            // Only the broker's own word that nobody listens counts: an unknown end is no reason to leave samples out.
            if (await end != MqttPublishResult.NoMatchingSubscribers && asked is { } device)
                _heard[device] = true;
        }
        _sent.Clear();
    }
}
