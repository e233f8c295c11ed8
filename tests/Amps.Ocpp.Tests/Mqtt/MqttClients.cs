using System.Threading.Channels;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Mqtt.Native;
using Amps.Ocpp.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Amps.Ocpp.Tests.Mqtt;

/// <summary>Clients of the room as tests need them.</summary>
internal static class MqttClients
{
    public static MqttOptions Options(int port) => new()
    {
        Mode = MqttMode.External,
        Port = port,
        ClientId = "test-" + Guid.NewGuid().ToString("N"),
        ReconnectMax = TimeSpan.FromMilliseconds(500),
        RefusedRetry = TimeSpan.FromSeconds(1),
    };

    public static MosquittoClient New(int port, MqttLastWill? lastWill = null, Func<MqttOptions, MqttOptions>? change = null)
    {
        var options = Options(port);
        return new MosquittoClient(change?.Invoke(options) ?? options, lastWill, NullLogger<MosquittoClient>.Instance);
    }

    public static async Task<MosquittoClient> ConnectAsync(int port, MqttLastWill? lastWill = null, Func<MqttOptions, MqttOptions>? change = null)
    {
        var client = New(port, lastWill, change);
        client.Start();
        await client.IsConnectedAsync();
        return client;
    }

    public static Task IsConnectedAsync(this IMqttClient client) =>
        Wait.UntilAsync(() => client.State == MqttConnectionState.Connected, "the client is connected");

    public static async Task<ChannelReader<MqttMessage>> ListenAsync(this IMqttClient client, string filter, MqttQos qos = MqttQos.AtLeastOnce, int capacity = 1000)
    {
        var channel = Channel.CreateBounded<MqttMessage>(capacity);
        Assert.True(await client.Subscribe(filter, qos, channel.Writer).Acknowledged.WaitAsync(Wait.Limit));
        return channel.Reader;
    }

    public static async Task<MqttPublishResult> SendAsync(this IMqttClient client, string topic, string text, MqttPublishOptions? options = null) =>
        await Wait.ForAsync(client.PublishAsync(topic, System.Text.Encoding.UTF8.GetBytes(text), options ?? MqttPublishOptions.Default));

    public static async Task<MqttMessage> NextAsync(this ChannelReader<MqttMessage> messages) => await Wait.ForAsync(messages.ReadAsync());

    public static string Text(this MqttMessage message) => System.Text.Encoding.UTF8.GetString(message.Payload.Span);

    /// <summary>700 bytes to each of <c>state/0</c>, <c>state/1</c> and so on; the broker has all of them afterwards.</summary>
    public static async Task PublishAllAsync(this IMqttClient writer, int count, MqttPublishOptions options)
    {
        var payload = new byte[700];
        for (var sent = 0; sent < count; sent += 1000)
        {
            var batch = Enumerable.Range(sent, Math.Min(1000, count - sent)).Select(i => writer.PublishAsync($"state/{i}", payload, options).AsTask());
            foreach (var result in await Task.WhenAll(batch).WaitAsync(Wait.Limit))
                Assert.True(result is MqttPublishResult.Success or MqttPublishResult.NoMatchingSubscribers);
        }
    }
}
