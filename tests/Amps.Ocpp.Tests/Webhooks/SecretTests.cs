using Amps.Ocpp.Tests.Support;
using Amps.Ocpp.Webhooks;

namespace Amps.Ocpp.Tests.Webhooks;

/// <summary>Signing secrets: made, kept, rotated.</summary>
public sealed class SecretTests
{
    [Fact]
    [Trait("row", "N11")]
    public async Task After_a_rotation_both_secrets_verify_for_a_day_and_then_the_new_one_alone()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        await using SendingHouse house = await SendingHouse.StartAsync();
        (WebhookEndpoint endpoint, string old) = await house.AddAsync(receiver.Url);
        (string fresh, DateTimeOffset until) = (await house.Endpoints.RotateAsync(endpoint.Id, default))!.Value;
        Assert.Equal(house.Clock.GetUtcNow().AddHours(24), until);
        await house.TellAsync(house.Event());
        ReceivedWebhook both = (await receiver.AwaitAsync(1))[0];
        Assert.Equal(2, both.Signatures.Split(' ').Length);
        Assert.Equal("valid", await Svix.VerifyAsync(old, both));
        Assert.Equal("valid", await Svix.VerifyAsync(fresh, both));
        Assert.Equal("valid", await Svix.VerifyAsync(fresh, both, both.Signatures.Split(' ')[0]));
        Assert.NotEqual("valid", await Svix.VerifyAsync(fresh, both with { Body = both.Body + " " }));
        Assert.NotEqual("valid", await Svix.VerifyAsync(WebhookSignature.ToText(WebhookSignature.NewSecret()), both));

        house.Clock.Advance(TimeSpan.FromHours(24));
        await house.TellAsync(house.Event());
        ReceivedWebhook alone = (await receiver.AwaitAsync(2))[1];
        Assert.Single(alone.Signatures.Split(' '));
        byte[] key = Convert.FromBase64String(fresh["whsec_".Length..]);
        Assert.Equal(WebhookSignature.Sign(key, alone.Id, alone.SentAt.ToUnixTimeSeconds(), System.Text.Encoding.UTF8.GetBytes(alone.Body)), alone.Signatures);
    }

    [Fact]
    [Trait("row", "N14")]
    public async Task The_timestamp_is_that_of_the_attempt_so_that_a_late_retry_is_within_a_receivers_tolerance()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        receiver.Always(500);
        await using SendingHouse house = await SendingHouse.StartAsync(now: DateTimeOffset.UtcNow.AddMinutes(-20));
        (WebhookEndpoint endpoint, string secret) = await house.AddAsync(receiver.Url);
        await house.TellAsync(house.Event());
        await house.UntilAsync(endpoint.Id, delivery => delivery.Attempts == 1);
        house.Clock.Advance(TimeSpan.FromMinutes(20));
        await house.NudgeAsync(async () => (await house.DeliveryAsync(endpoint.Id)).Attempts == 2);
        IReadOnlyList<ReceivedWebhook> received = receiver.Received;
        Assert.Contains("too old", await Svix.VerifyAsync(secret, received[0]));
        Assert.Equal("valid", await Svix.VerifyAsync(secret, received[1]));
    }

    [Fact]
    public async Task A_secret_rests_sealed_and_only_the_key_of_its_own_directory_opens_it()
    {
        await using SendingHouse house = await SendingHouse.StartAsync();
        (WebhookEndpoint endpoint, string text) = await house.AddAsync(new Uri("http://127.0.0.1:41234/"));
        byte[] secret = Convert.FromBase64String(text["whsec_".Length..]);
        byte[] kept = (await house.Store.WebhookEndpoints.FindAsync(endpoint.Id, default))!.Secret;
        Assert.Equal(-1, kept.AsSpan().IndexOf(secret));
        var same = new SecretVault(new WebhooksOptions { DataDirectory = house.Store.DataDirectory });
        Assert.Equal(secret, same.Unseal(endpoint.Id, kept));
        Assert.Null(same.Unseal("wh_other", kept));
        string elsewhere = Directory.CreateTempSubdirectory("amps-vault-").FullName;
        Assert.Null(new SecretVault(new WebhooksOptions { DataDirectory = elsewhere }).Unseal(endpoint.Id, kept));
        string file = Path.Combine(house.Store.DataDirectory, SecretVault.FileName);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        await File.WriteAllTextAsync(Path.Combine(elsewhere, SecretVault.FileName), "no key");
        Assert.Throws<IOException>(() => new SecretVault(new WebhooksOptions { DataDirectory = elsewhere }).Open());
        Directory.Delete(elsewhere, recursive: true);
    }

    [Fact]
    public async Task A_secret_that_cannot_be_opened_stops_its_own_endpoint_only()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        await using SendingHouse house = await SendingHouse.StartAsync();
        (WebhookEndpoint endpoint, _) = await house.AddAsync(receiver.Url);
        WebhookEndpoint broken = endpoint with { Id = "wh_broken", CreatedAt = endpoint.CreatedAt.AddSeconds(1) };
        await house.Store.WebhookEndpoints.AddAsync(broken, default);
        await house.TellAsync(house.Event());
        await receiver.AwaitAsync(1);
        Delivery failed = await house.UntilAsync(broken.Id, delivery => delivery.Attempts == 1);
        Assert.Equal(AttemptErrors.SecretUnreadable, failed.LastError);
        Assert.Single(receiver.Received);
    }
}
