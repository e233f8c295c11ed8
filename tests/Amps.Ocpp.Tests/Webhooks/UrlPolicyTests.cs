using System.Net;
using Amps.Ocpp.Tests.Support;
using Amps.Ocpp.Webhooks;
using Amps.Ocpp.Webhooks.Sending;

namespace Amps.Ocpp.Tests.Webhooks;

/// <summary>Where webhooks may be sent.</summary>
public sealed class UrlPolicyTests
{
    private static TestResolver Names()
    {
        var names = new TestResolver();
        names.Answer("hooks.example", "93.184.215.14 2606:2800:21f:cb07:6820:80da:af6b:8b2c");
        names.Answer("private.example", "10.1.2.3");
        names.Answer("half.example", "93.184.215.14 192.168.0.7");
        names.Answer("six.example", "fd00::1");
        names.Answer("mapped.example", "::ffff:127.0.0.1");
        return names;
    }

    private static UrlPolicy Policy(WebhooksOptions? options = null) => new(options ?? new WebhooksOptions(), Names());

    public static TheoryData<string> NotPublic =>
    [
        "127.0.0.1", "127.8.9.10", "127.1", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "0", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0251.0376.0251.0376", "3232235521", "２１３０７０６４３３",
        "[::1]", "[::]", "[::ffff:10.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:a9fe:a9fe]", "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd12:3456::1]",
        "[ff02::1]", "[64:ff9b::a00:1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]", "[::127.0.0.1]",
        "localhost", "LOCALHOST", "localhost.", "a.localhost", "private.example", "half.example", "six.example", "mapped.example",
    ];

    [Theory]
    [Trait("row", "N7")]
    [MemberData(nameof(NotPublic))]
    public async Task A_host_that_is_not_public_is_refused_when_registered(string host)
    {
        Assert.NotNull(await Policy().CheckAsync($"https://{host}/hooks", default));
        Assert.NotNull(await Policy().CheckAsync($"https://{host}:8443/", default));
    }

    [Theory]
    [Trait("row", "N7")]
    [MemberData(nameof(NotPublic))]
    public async Task A_host_that_is_not_public_is_refused_when_sent(string host)
    {
        // The record was made while private networks were allowed.
        if (!Uri.TryCreate($"https://{host}/hooks", UriKind.Absolute, out Uri? url))
            return;
        UrlPolicy policy = Policy();
        if (policy.CheckText(url.ToString()) is not null)
            return;
        ConnectionRefusedException refused = await Assert.ThrowsAsync<ConnectionRefusedException>(
            async () => await new GuardedConnector(policy).ConnectAsync(new DnsEndPoint(url.IdnHost, url.Port), default));
        Assert.Equal(AttemptErrors.Blocked, refused.Reason);
    }

    [Theory]
    [InlineData("https://hooks.example/a?b=c")]
    [InlineData("https://hooks.example:8443/")]
    [InlineData("https://93.184.215.14/")]
    [InlineData("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/")]
    [InlineData("https://not-yet-there.example/")]
    [InlineData("https://172.32.0.1/")]
    [InlineData("https://100.128.0.1/")]
    public async Task A_public_https_url_is_taken(string url) => Assert.Null(await Policy().CheckAsync(url, default));

    [Theory]
    [Trait("row", "N8")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://hooks.example/")]
    [InlineData("ftp://hooks.example/")]
    [InlineData("ws://hooks.example/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("http://hooks.example/")]
    [InlineData("//hooks.example/")]
    [InlineData("/hooks")]
    [InlineData("hooks.example")]
    [InlineData("")]
    [InlineData("https://")]
    [InlineData("https://user@hooks.example/")]
    [InlineData("https://user:secret@hooks.example/")]
    [InlineData("https://@hooks.example/")]
    [InlineData("https://hooks.example@127.0.0.1/")]
    [InlineData("https://hooks.example\\@127.0.0.1/")]
    [InlineData("https://hooks.example:22/")]
    [InlineData("https://hooks.example:25/")]
    [InlineData("https://hooks.example:0/")]
    [InlineData("https://hooks.example:6379/")]
    [InlineData("https://hooks.example:99999/")]
    [InlineData("https://hooks.example/a b")]
    [InlineData("https://bücher.example/")]
    public async Task A_url_of_another_kind_is_refused(string url) => Assert.NotNull(await Policy().CheckAsync(url, default));

    [Fact]
    [Trait("row", "N8")]
    public async Task Ports_and_user_information_are_refused_whatever_is_allowed()
    {
        UrlPolicy open = Policy(new WebhooksOptions { AllowInsecure = true, AllowPrivateNetworks = true });
        Assert.NotNull(await open.CheckAsync("http://127.0.0.1:22/", default));
        Assert.NotNull(await open.CheckAsync("http://a@127.0.0.1/", default));
        Assert.NotNull(await open.CheckAsync("file:///x", default));
        Assert.Null(await open.CheckAsync("http://127.0.0.1:41234/", default));
        Assert.Null(await open.CheckAsync("http://localhost/", default));
    }

    [Fact]
    public async Task Each_permission_opens_its_own_door_only()
    {
        Assert.NotNull(await Policy(new WebhooksOptions { AllowInsecure = true }).CheckAsync("http://127.0.0.1/", default));
        Assert.Null(await Policy(new WebhooksOptions { AllowInsecure = true }).CheckAsync("http://hooks.example/", default));
        Assert.NotNull(await Policy(new WebhooksOptions { AllowPrivateNetworks = true }).CheckAsync("http://127.0.0.1/", default));
        Assert.Null(await Policy(new WebhooksOptions { AllowPrivateNetworks = true }).CheckAsync("https://127.0.0.1/", default));
    }

    [Fact]
    [Trait("row", "N7")]
    public async Task A_url_taken_while_more_was_allowed_is_blocked_at_the_attempt()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        await using SendingHouse house = await SendingHouse.StartAsync(options => options with { AllowPrivateNetworks = false });
        (WebhookEndpoint endpoint, _) = await house.AddAsync(receiver.Url);
        await house.TellAsync(house.Event());
        Delivery blocked = await house.UntilAsync(endpoint.Id, delivery => delivery.Attempts == 1);
        Assert.Equal((AttemptErrors.Blocked, DeliveryState.Pending), (blocked.LastError, blocked.State));
        Assert.Empty(receiver.Received);
    }

    [Fact]
    [Trait("row", "N7")]
    public async Task A_name_that_answers_public_first_and_private_later_reaches_nothing()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        await using SendingHouse house = await SendingHouse.StartAsync(options => options with { AllowPrivateNetworks = false });
        house.Resolver.Answer("rebind.example", "93.184.215.14", "127.0.0.1");
        var url = new Uri($"http://rebind.example:{receiver.Port}/hooks");
        Assert.Null(await house.Endpoints.CheckUrlAsync(url.ToString(), default));
        (WebhookEndpoint endpoint, _) = await house.AddAsync(url);
        await house.TellAsync(house.Event());
        Delivery blocked = await house.UntilAsync(endpoint.Id, delivery => delivery.Attempts == 1);
        Assert.Equal(AttemptErrors.Blocked, blocked.LastError);
        Assert.Empty(receiver.Received);
    }

    [Fact]
    [Trait("row", "N7")]
    public async Task The_address_that_was_judged_is_the_one_connected_to()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        var names = new TestResolver();
        names.Answer("once.example", "127.0.0.1", "127.0.0.250");
        var policy = new UrlPolicy(new WebhooksOptions { AllowPrivateNetworks = true }, names);
        await using Stream connection = await new GuardedConnector(policy).ConnectAsync(new DnsEndPoint("once.example", receiver.Port), default);
        Assert.True(connection.CanWrite);
        // One question per connection: the second answer is still to come.
        Assert.Equal("127.0.0.250", (await names.ResolveAsync("once.example", default))[0].ToString());
    }
}
