using System.Threading.Channels;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Mqtt.Native;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Mqtt;

public sealed class RefusalTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mqtt-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    [Trait("row", "M8")]
    public async Task Wrong_credentials_are_reported_and_tried_again()
    {
        var passwords = Path.Combine(_directory, "passwords");
        await File.WriteAllTextAsync(passwords, "");
        await using var broker = await MosquittoProcess.StartNewAsync($"allow_anonymous false\npassword_file {passwords}");
        await using var client = MqttClients.New(broker.Port, change: options => options with { Username = "node", Password = "wrong" });
        client.Start();
        await Wait.UntilAsync(() => client.LastError is { } error && error.Contains("0x8", StringComparison.Ordinal), "the refusal is reported");
        Assert.Equal(MqttConnectionState.Disconnected, client.State);
        Assert.DoesNotContain("wrong", client.LastError, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "M8")]
    public async Task A_publish_that_is_not_allowed_is_told_as_refused()
    {
        var rules = Path.Combine(_directory, "acl");
        await File.WriteAllTextAsync(rules, "topic read #\ntopic readwrite mine/#\n");
        await using var broker = await MosquittoProcess.StartNewAsync($"allow_anonymous true\nacl_file {rules}");
        await using var client = await MqttClients.ConnectAsync(broker.Port);
        Assert.Equal(MqttPublishResult.NoMatchingSubscribers, await client.SendAsync("mine/x", "x"));
        Assert.Equal(MqttPublishResult.Refused, await client.SendAsync("theirs/x", "x"));
    }

    [Fact]
    [Trait("row", "M8")]
    public void A_refused_subscription_shows_in_the_state_until_it_is_granted()
    {
        using var wakeUp = new WakeUp();
        var gate = new Lock();
        var table = new SubscriptionTable(gate, wakeUp);
        using var link = new MosquittoLink(MqttClients.Options(1), null, new MosquittoEvents(1));
        var subscription = table.Add("t", MqttQos.AtLeastOnce, Channel.CreateBounded<MqttMessage>(1).Writer);
        lock (gate)
            table.Attach(link);

        Assert.Equal("t", table.Answer(subscription.Of.MessageId, granted: false));
        Assert.Equal("t", table.RefusedFilter);
        Assert.False(subscription.Granted);

        table.AskAgainForRefused();
        Assert.Null(table.Answer(subscription.Of.MessageId, granted: true));
        Assert.Null(table.RefusedFilter);
        Assert.True(subscription.Granted);
    }

    [Fact]
    [Trait("row", "M9")]
    public async Task A_second_client_of_the_same_id_is_noticed_and_not_fought()
    {
        await using var broker = await MosquittoProcess.StartNewAsync();
        await using var one = await MqttClients.ConnectAsync(broker.Port, change: Same);
        await using var other = await MqttClients.ConnectAsync(broker.Port, change: Same);
        await Wait.UntilAsync(() => IsSuspicious(one) || IsSuspicious(other), "one of the two gives in");
        var winner = IsSuspicious(one) ? other : one;
        await winner.IsConnectedAsync();
        await winner.SendAsync("t", "x");

        static MqttOptions Same(MqttOptions options) => options with { ClientId = "same", RefusedRetry = TimeSpan.FromHours(1) };
        static bool IsSuspicious(MosquittoClient client) => client.LastError?.Contains("named same", StringComparison.Ordinal) is true;
    }

    [Fact]
    [Trait("row", "M9")]
    public void A_broker_that_says_that_the_session_was_taken_over_is_understood()
    {
        var events = new MosquittoEvents(1);
        events.Connected(0);
        events.Disconnected(0x8E);
        Assert.Equal(LinkEndKind.TakenOver, LinkEnd.Of(events, "The connection was lost.").Kind);
    }

    [Fact]
    public async Task A_broker_with_a_trusted_certificate_is_connected_over_TLS()
    {
        var (ca, certificate, key) = TestCertificates.Write(_directory, DateTimeOffset.UtcNow.AddYears(1));
        await using var broker = await MosquittoProcess.StartNewAsync($"allow_anonymous true\ncertfile {certificate}\nkeyfile {key}");
        await using var client = await MqttClients.ConnectAsync(broker.Port, change: options => options with { Tls = true, CaFile = ca });
        var messages = await client.ListenAsync("t/#");
        for (var i = 0; i < 500; i++)
            _ = client.PublishAsync($"t/{i}", new byte[700], MqttPublishOptions.Default).AsTask();
        for (var i = 0; i < 500; i++)
            Assert.Equal($"t/{i}", (await messages.NextAsync()).Topic);
    }

    [Theory]
    [Trait("row", "M12")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_broker_whose_certificate_is_expired_or_of_an_unknown_authority_is_not_connected(bool expired)
    {
        var (ca, certificate, key) = TestCertificates.Write(_directory, DateTimeOffset.UtcNow.AddDays(expired ? -1 : 1));
        await using var broker = await MosquittoProcess.StartNewAsync($"allow_anonymous true\ncertfile {certificate}\nkeyfile {key}");
        await using var client = MqttClients.New(broker.Port, change: options => options with { Tls = true, CaFile = expired ? ca : null });
        client.Start();
        await Wait.UntilAsync(() => client.LastError is { } error && error.Contains("certificate", StringComparison.OrdinalIgnoreCase), "the certificate is blamed");
        Assert.Equal(MqttConnectionState.Disconnected, client.State);
    }

    [Fact]
    public void A_missing_native_library_is_one_line_that_names_the_package()
    {
        var exception = Assert.Throws<DllNotFoundException>(() => MosquittoLibrary.Require("libmosquitto-not-there.so.1"));
        Assert.Contains("libmosquitto1", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }
}
