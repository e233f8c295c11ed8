using System.Threading.Channels;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Mqtt;

public sealed class PublishAndSubscribeTests : IAsyncLifetime
{
    private MosquittoProcess _broker = null!;

    public async ValueTask InitializeAsync() => _broker = await MosquittoProcess.StartNewAsync();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Theory]
    [InlineData(MqttQos.AtMostOnce)]
    [InlineData(MqttQos.AtLeastOnce)]
    public async Task A_message_reaches_a_subscriber_unchanged(MqttQos qos)
    {
        await using var client = await MqttClients.ConnectAsync(_broker.Port);
        var messages = await client.ListenAsync("a/+/c", qos);

        Assert.Equal(MqttPublishResult.Success, await client.SendAsync("a/bü/c", "grüße", new() { Qos = qos }));

        var message = await messages.NextAsync();
        Assert.Equal("a/bü/c", message.Topic);
        Assert.Equal("grüße", message.Text());
        Assert.False(message.Retained);
        Assert.Null(message.ResponseTopic);
        Assert.True(message.CorrelationData.IsEmpty);
    }

    [Fact]
    public async Task A_retained_message_reaches_a_later_subscriber_and_an_empty_one_deletes_it()
    {
        await using var client = await MqttClients.ConnectAsync(_broker.Port);
        await client.SendAsync("kept", "x", MqttPublishOptions.Retained);
        var message = await (await client.ListenAsync("kept")).NextAsync();
        Assert.True(message.Retained);
        Assert.Equal("x", message.Text());

        await client.SendAsync("kept", "", MqttPublishOptions.Retained);
        await client.SendAsync("other", "y", MqttPublishOptions.Retained);
        await using var later = await MqttClients.ConnectAsync(_broker.Port);
        Assert.Equal("other", (await (await later.ListenAsync("#")).NextAsync()).Topic);
    }

    [Fact]
    public async Task Publishing_to_nobody_says_that_there_are_no_matching_subscribers()
    {
        await using var client = await MqttClients.ConnectAsync(_broker.Port);
        Assert.Equal(MqttPublishResult.NoMatchingSubscribers, await client.SendAsync("nobody", "x"));
    }

    [Fact]
    public async Task A_disposed_subscription_ends_at_the_broker_once_its_last_listener_is_gone()
    {
        await using var client = await MqttClients.ConnectAsync(_broker.Port);
        var first = Channel.CreateBounded<MqttMessage>(10);
        var second = Channel.CreateBounded<MqttMessage>(10);
        var one = client.Subscribe("t", MqttQos.AtLeastOnce, first.Writer);
        var other = client.Subscribe("t", MqttQos.AtLeastOnce, second.Writer);
        Assert.True(await other.Acknowledged.WaitAsync(Wait.Limit));

        await one.DisposeAsync();
        Assert.Equal(MqttPublishResult.Success, await client.SendAsync("t", "x"));
        await second.Reader.NextAsync();
        Assert.Equal(0, first.Reader.Count);

        await other.DisposeAsync();
        Assert.Equal(MqttPublishResult.NoMatchingSubscribers, await client.SendAsync("t", "x"));
    }

    [Fact]
    public async Task A_request_is_answered_on_its_response_topic_with_its_correlation_data()
    {
        await using var asking = await MqttClients.ConnectAsync(_broker.Port);
        await using var answering = await MqttClients.ConnectAsync(_broker.Port);
        var answers = await asking.ListenAsync("nodes/a/answers");
        var requests = await answering.ListenAsync("charge-points/7/command");
        byte[] correlation = [1, 0, 255];

        await asking.SendAsync("charge-points/7/command", "start", new()
        {
            ResponseTopic = "nodes/a/answers",
            CorrelationData = correlation,
            MessageExpirySeconds = 30,
        });
        var request = await requests.NextAsync();
        Assert.Equal("nodes/a/answers", request.ResponseTopic);
        await answering.SendAsync(request.ResponseTopic!, "done", new() { CorrelationData = request.CorrelationData });

        var answer = await answers.NextAsync();
        Assert.Equal("done", answer.Text());
        Assert.Equal(correlation, answer.CorrelationData.ToArray());
    }

    [Fact]
    public async Task Many_concurrent_publishes_each_get_their_own_answer()
    {
        await using var client = await MqttClients.ConnectAsync(_broker.Port);
        await client.ListenAsync("heard/#", capacity: 5000);
        var results = await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => Task.Run(() => client.SendAsync(i % 2 == 0 ? $"heard/{i}" : $"unheard/{i}", "x"))));
        for (var i = 0; i < results.Length; i++)
            Assert.Equal(i % 2 == 0 ? MqttPublishResult.Success : MqttPublishResult.NoMatchingSubscribers, results[i]);
    }

    [Fact]
    public async Task Cancelling_a_publish_gives_up_waiting_and_harms_no_other()
    {
        await using var client = await MqttClients.ConnectAsync(_broker.Port);
        for (var i = 0; i < 200; i++)
        {
            using var cancel = new CancellationTokenSource();
            var pending = client.PublishAsync("nobody", new byte[10], MqttPublishOptions.Default, cancel.Token).AsTask();
            _ = Task.Run(cancel.Cancel);
            try
            {
                Assert.Equal(MqttPublishResult.NoMatchingSubscribers, await pending);
            }
            catch (OperationCanceledException)
            {
                Assert.True(cancel.IsCancellationRequested);
            }
        }
        Assert.Equal(MqttPublishResult.NoMatchingSubscribers, await client.SendAsync("nobody", "x"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/+/b")]
    [InlineData("a/#")]
    [InlineData("a\0b")]
    public async Task A_topic_that_cannot_be_published_is_refused_before_anything_is_sent(string topic)
    {
        await using var client = MqttClients.New(_broker.Port);
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.PublishAsync(topic, default, MqttPublishOptions.Default));
    }
}
