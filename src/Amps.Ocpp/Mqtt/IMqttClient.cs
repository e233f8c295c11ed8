using System.Threading.Channels;

namespace Amps.Ocpp.Mqtt;

/// <summary>Delivery guarantee of a message (MQTT 5 section 4.3).</summary>
public enum MqttQos
{
    AtMostOnce = 0,
    AtLeastOnce = 1,
}

/// <summary>Whether the broker can be reached.</summary>
public enum MqttConnectionState
{
    /// <summary>Switched off by configuration.</summary>
    Off,

    /// <summary>Not reached, or lost; it is tried again by itself.</summary>
    Disconnected,

    /// <summary>Connected, and every subscription was sent.</summary>
    Connected,
}

/// <summary>How a publication ended.</summary>
public enum MqttPublishResult
{
    /// <summary>The broker has it (with QoS 0: it was handed over).</summary>
    Success,

    /// <summary>The broker has it, and nobody is subscribed to its topic (reason code 16).</summary>
    NoMatchingSubscribers,

    /// <summary>There is no connection; nothing was sent.</summary>
    NotConnected,

    /// <summary>Too many publications wait for the broker; nothing was sent.</summary>
    QueueFull,

    /// <summary>The broker refused it, or the connection was lost before its answer.</summary>
    Failed,
}

/// <summary>How to publish.</summary>
/// <param name="Qos">Delivery guarantee.</param>
/// <param name="Retain">Whether the broker keeps it for later subscribers.</param>
public sealed record MqttPublishOptions(MqttQos Qos, bool Retain)
{
    /// <summary>The newest value of a topic.</summary>
    public static MqttPublishOptions Retained { get; } = new(MqttQos.AtLeastOnce, true);

    /// <summary>Something that happened; who is not there misses it.</summary>
    public static MqttPublishOptions Passing { get; } = new(MqttQos.AtLeastOnce, false);
}

/// <summary>A message that came.</summary>
/// <param name="Retained">It was kept by the broker and is not new.</param>
public sealed record MqttMessage(string Topic, ReadOnlyMemory<byte> Payload, bool Retained);

/// <summary>A subscription; it outlives reconnects and ends when disposed.</summary>
public sealed class MqttSubscription(string filter, MqttQos qos, Action<MqttSubscription> end) : IAsyncDisposable
{
    private const int Capacity = 16_384;

    internal Channel<MqttMessage> Channel { get; } = System.Threading.Channels.Channel.CreateBounded<MqttMessage>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });

    public string Filter { get; } = filter;

    public MqttQos Qos { get; } = qos;

    /// <summary>What comes, in the broker's order. A slow reader holds back the broker, nothing is dropped here.</summary>
    public ChannelReader<MqttMessage> Messages => Channel.Reader;

    public ValueTask DisposeAsync()
    {
        Channel.Writer.TryComplete();
        end(this);
        return ValueTask.CompletedTask;
    }
}

/// <summary>
/// The link to the broker, as small as this service needs it, so that another client library is one file: publish with the
/// broker's answer, subscribe into a channel, know the state.
/// </summary>
public interface IMqttClient
{
    MqttConnectionState State { get; }

    /// <summary>Raised after each connect, when the subscriptions have been sent again; must return at once.</summary>
    event Action? Connected;

    /// <summary>Publishes and ends with the broker's answer; without a connection it ends at once. Never throws for an expected end.</summary>
    ValueTask<MqttPublishResult> PublishAsync(string topic, ReadOnlyMemory<byte> payload, MqttPublishOptions options, CancellationToken cancellationToken);

    /// <summary>Subscribes to a filter, now and after each reconnect.</summary>
    MqttSubscription Subscribe(string filter, MqttQos qos);
}
