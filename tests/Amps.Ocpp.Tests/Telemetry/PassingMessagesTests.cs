using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Amps.Ocpp.Model;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Mqtt.Native;
using Amps.Ocpp.Telemetry;
using Amps.Ocpp.Tests.Mqtt;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Telemetry;

/// <summary>What goes out of events and samples when somebody listens, and when nobody does.</summary>
public sealed class PassingMessagesTests
{
    private const int Many = 500;
    private static readonly DeviceId s_device = new("dev1");

    [Fact]
    public async Task A_listener_gets_every_sample_in_order()
    {
        await using MosquittoProcess broker = await MosquittoProcess.StartNewAsync();
        await using MosquittoClient mqtt = await MqttClients.ConnectAsync(broker.Port);
        await using MosquittoClient observer = await MqttClients.ConnectAsync(broker.Port);
        ChannelReader<MqttMessage> samples = await observer.ListenAsync("amps/v1/ev-chargers/dev1/telemetry");
        var passing = new PassingMessages(mqtt, new TelemetryOptions(), TimeProvider.System);
        using var stop = new CancellationTokenSource();
        Task running = passing.RunAsync(stop.Token);
        for (int i = 0; i < Many; i++)
            passing.Add(s_device, Sample(i));
        for (int i = 0; i < Many; i++)
            Assert.Equal(i, JsonDocument.Parse((await samples.NextAsync()).Payload).RootElement.GetProperty("sample").GetProperty("powerKw").GetDouble());
        await stop.CancelAsync();
        await running;
    }

    [Theory]
    [InlineData(MqttPublishResult.NoMatchingSubscribers, 1)]
    [InlineData(MqttPublishResult.Success, Many)]
    [InlineData(MqttPublishResult.Failed, Many)]
    public async Task Of_a_flood_that_nobody_hears_one_sample_of_a_turn_goes_out_and_every_event(MqttPublishResult answer, int samples)
    {
        await using var mqtt = new AnsweringClient(answer);
        var passing = new PassingMessages(mqtt, new TelemetryOptions(), TimeProvider.System);
        for (int i = 0; i < Many; i++)
            passing.Add(s_device, Sample(i));
        passing.Add(s_device, new EventMessage("first", DateTimeOffset.UnixEpoch, null, "node"));
        passing.Add(s_device, new EventMessage("second", DateTimeOffset.UnixEpoch, null, "node"));
        using var stop = new CancellationTokenSource();
        Task running = passing.RunAsync(stop.Token);
        await Wait.UntilAsync(() => mqtt.Topics.Count >= samples + 2, "all went out");
        await stop.CancelAsync();
        await running;
        Assert.Equal(samples, mqtt.Topics.Count(topic => topic.EndsWith("/telemetry", StringComparison.Ordinal)));
        Assert.Equal(2, mqtt.Topics.Count(topic => topic.EndsWith("/events", StringComparison.Ordinal)));
    }

    private static SampleMessage Sample(int power) => new(DateTimeOffset.UnixEpoch, null, new MeterSample { PowerKw = power });

    private sealed class AnsweringClient(MqttPublishResult answer) : IMqttClient
    {
        private readonly NullMqttClient _none = new();

        public ConcurrentQueue<string> Topics { get; } = [];

        public MqttConnectionState State => MqttConnectionState.Connected;

        public string? LastError => null;

        public event EventHandler<MqttStateChangedEventArgs>? StateChanged
        {
            add { }
            remove { }
        }

        public void Start()
        {
        }

        public ValueTask<MqttPublishResult> PublishAsync(string topic, ReadOnlyMemory<byte> payload, MqttPublishOptions options, CancellationToken cancellationToken = default)
        {
            Topics.Enqueue(topic);
            return ValueTask.FromResult(answer);
        }

        public IMqttSubscription Subscribe(string filter, MqttQos qos, ChannelWriter<MqttMessage> messages) => _none.Subscribe(filter, qos, messages);

        public IDisposable OnConnected(Func<CancellationToken, ValueTask> hook) => _none.OnConnected(hook);

        public ValueTask DisposeAsync() => _none.DisposeAsync();
    }
}
