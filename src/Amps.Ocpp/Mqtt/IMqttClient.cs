using System.Threading.Channels;

namespace Amps.Ocpp.Mqtt;

/// <summary>
/// The service's one link to its MQTT 5 broker. It connects, and connects again with back-off, by itself; after each connect the order on
/// the wire is: subscriptions, then what the <see cref="OnConnected"/> hooks publish (presence first, then the newest state
/// of each topic), then everything else. All members may be called from any thread, before <see cref="Start"/> too.
/// No caller's code ever runs on the network thread.
/// </summary>
public interface IMqttClient : IAsyncDisposable
{
    MqttConnectionState State { get; }

    /// <summary>Why there is no link, or which subscription is refused; null when all is well. For health reports; holds no secrets.</summary>
    string? LastError { get; }

    /// <summary>Raised in order, on a pool thread, after <see cref="State"/> changed.</summary>
    event EventHandler<MqttStateChangedEventArgs>? StateChanged;

    /// <summary>Begins connecting and returns at once; a broker that is not there yet is no error.</summary>
    void Start();

    /// <summary>
    /// Publishes one message; the payload is copied before the call returns. Nothing is kept while there is no link: the answer is then
    /// <see cref="MqttPublishResult.NotConnected"/> at once, and the caller keeps its newest state itself.
    /// Cancelling gives up waiting, not the message.
    /// </summary>
    /// <exception cref="ArgumentException">The topic is empty, too long, or holds a wildcard or a NUL.</exception>
    ValueTask<MqttPublishResult> PublishAsync(string topic, ReadOnlyMemory<byte> payload, MqttPublishOptions options, CancellationToken cancellationToken = default);

    /// <summary>
    /// Sends what matches <paramref name="filter"/> into a channel of the caller's, which several subscriptions may share. A full
    /// channel of mode <see cref="BoundedChannelFullMode.Wait"/> holds back reading from the broker (at most
    /// <see cref="MqttOptions.StallLimit"/>, then messages are dropped and counted), so the one who drains it must not wait for a QoS 1
    /// publish meanwhile; the other modes drop as they say and never hold back. Delivery is at least once: a
    /// second subscription to the same or an overlapping filter makes messages arrive again.
    /// Retained messages come on a new subscription and after each reconnect. Whether all of them come is up to the broker: a mosquitto with
    /// its default <c>max_queued_messages</c> (1,000) silently drops what a QoS 1 subscriber, or a QoS 0 one that stops
    /// reading for a moment, does not take at once. The managed broker is set up so that none is lost; an external one must be, too.
    /// </summary>
    /// <exception cref="ArgumentException">The filter is malformed or a shared subscription.</exception>
    IMqttSubscription Subscribe(string filter, MqttQos qos, ChannelWriter<MqttMessage> messages);

    /// <summary>
    /// Runs <paramref name="hook"/> after each connect, when all subscriptions were sent; at once if there is a link now. Hooks run one
    /// after the other in the order in which they were added; their token is cancelled when the link is lost. An exception is
    /// logged and does not stop the others. Disposing removes the hook.
    /// </summary>
    IDisposable OnConnected(Func<CancellationToken, ValueTask> hook);
}
