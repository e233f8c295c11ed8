using System.Net;
using System.Text;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;
using Amps.Ocpp.Tests.Tls;

namespace Amps.Ocpp.Tests.Gateway;

/// <summary>Passwords that are changed over the link: nobody is ever locked out.</summary>
public sealed class PasswordChangeTests(PasswordChangeTests.Fixture fixture) : IClassFixture<PasswordChangeTests.Fixture>
{
    private const string Old = "the-old-password-of-24-c";
    private static int s_last;

    public sealed class Fixture : IAsyncLifetime
    {
        public ServiceHost Service { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Amps:Ocpp:CallTimeoutSeconds=1");
            await Service.CustomerAsync();
        }

        public ValueTask DisposeAsync() => Service.DisposeAsync();
    }

    private ServiceHost Service => fixture.Service;

    /// <summary>A charge point with the old password, on line.</summary>
    private async Task<(string Id, TestChargePoint Link)> BootAsync(object? more = null)
    {
        string id = $"KEY{Interlocked.Increment(ref s_last)}";
        await Service.RegisterAsync(id, "customer", more ?? new { password = Old }, "dev-" + id);
        return (id, await TestChargePoint.BootAsync(Service.Ocpp, id, Old));
    }

    private async Task<JsonElement> ChangeAsync(string id, object? body = null)
    {
        JsonElement answer = await Service.Operator.PostAsync($"/operator/charge-points/{id}/password", body ?? new { });
        Assert.True(answer.GetProperty("success").GetBoolean(), answer.ToString());
        return answer.GetProperty("data");
    }

    private async Task<int> KnockAsync(string id, byte[] password)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Service.Ocpp.Port);
        return await TlsHouse.KnockAsync(client.GetStream(), id, secret: password);
    }

    private Task<int> KnockAsync(string id, string password) => KnockAsync(id, Encoding.UTF8.GetBytes(password));

    [Theory]
    [Trait("row", "S16")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_accepted_password_is_valid_beside_the_old_one_until_it_is_used(bool asBytes)
    {
        (string id, TestChargePoint link) = await BootAsync();
        await using TestChargePoint _ = link;
        string digits = "";
        link.On("ChangeConfiguration", payload =>
        {
            if (payload.GetProperty("key").GetString() == "AuthorizationKey")
                digits = payload.GetProperty("value").GetString()!;
            return new { status = "Accepted" };
        });
        JsonElement change = await ChangeAsync(id);
        Assert.Equal(("accepted", true), (change.GetProperty("outcome").GetString(), change.GetProperty("pending").GetBoolean()));
        Assert.Matches("^[0-9A-F]{40}$", digits);
        Assert.Equal(101, await KnockAsync(id, Old));
        Assert.Equal(101, await KnockAsync(id, asBytes ? Convert.FromHexString(digits) : Encoding.ASCII.GetBytes(digits.ToLowerInvariant())));
        Assert.Equal(401, await KnockAsync(id, Old));
        Assert.Equal(101, await KnockAsync(id, digits));
        Assert.False((await Service.Operator.DataAsync($"/operator/charge-points/{id}")).GetProperty("passwordChangePending").GetBoolean());
    }

    [Theory]
    [Trait("row", "S16")]
    [InlineData("Rejected", "rejected")]
    [InlineData("NotSupported", "notSupported")]
    public async Task A_refused_password_leaves_the_old_one_alone(string status, string outcome)
    {
        (string id, TestChargePoint link) = await BootAsync();
        await using TestChargePoint _ = link;
        link.On("ChangeConfiguration", _ => new { status });
        JsonElement change = await ChangeAsync(id, new { password = "the-new-password" });
        Assert.Equal((outcome, false), (change.GetProperty("outcome").GetString(), change.GetProperty("pending").GetBoolean()));
        Assert.Equal(401, await KnockAsync(id, "the-new-password"));
        Assert.Equal(101, await KnockAsync(id, Old));
    }

    [Fact]
    [Trait("row", "S16")]
    public async Task Without_an_answer_both_are_valid()
    {
        (string id, TestChargePoint link) = await BootAsync();
        await using TestChargePoint _ = link;
        link.On("ChangeConfiguration", payload => payload.GetProperty("key").GetString() == "AuthorizationKey" ? null : new { status = "Accepted" });
        Assert.Equal("unknown", (await ChangeAsync(id, new { password = "the-new-password" })).GetProperty("outcome").GetString());
        // It applied an earlier change than the last one.
        Assert.Equal("unknown", (await ChangeAsync(id, new { password = "the-third-password" })).GetProperty("outcome").GetString());
        Assert.Equal(101, await KnockAsync(id, Old));
        Assert.Equal(101, await KnockAsync(id, "the-new-password"));
        Assert.Equal(401, await KnockAsync(id, Old));
        Assert.Equal(401, await KnockAsync(id, "the-third-password"));
    }

    [Fact]
    [Trait("row", "S16")]
    public async Task When_the_link_is_lost_in_between_both_are_valid_also_after_a_restart()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        await service.CustomerAsync();
        await service.RegisterAsync("KEY", "customer", new { password = Old }, "dev");
        TestChargePoint link = await TestChargePoint.BootAsync(service.Ocpp, "KEY", Old);
        link.On("ChangeConfiguration", payload =>
        {
            if (payload.GetProperty("key").GetString() == "AuthorizationKey")
                link.Abort();
            return null;
        });
        await service.Operator.PostAsync("/operator/charge-points/KEY/password", new { password = "the-new-password" });
        await link.DisposeAsync();
        await service.StopAsync();
        await using ServiceHost again = await ServiceHost.StartOnAsync(service.Data, "Amps:Mqtt:Mode=Off");
        await using (await TestChargePoint.BootAsync(again.Ocpp, "KEY", Old))
        {
        }
        await using (await TestChargePoint.BootAsync(again.Ocpp, "KEY", "the-new-password"))
        {
        }
        await Assert.ThrowsAnyAsync<Exception>(() => TestChargePoint.ConnectAsync(again.Ocpp, "KEY", Old));
    }

    [Theory]
    [Trait("row", "S16")]
    [InlineData("Accepted", 101)]
    [InlineData("RebootRequired", 101)]
    [InlineData("Rejected", 401)]
    public async Task An_operators_own_call_locks_nobody_out_either(string status, int knock)
    {
        (string id, TestChargePoint link) = await BootAsync();
        await using TestChargePoint _ = link;
        link.On("ChangeConfiguration", _ => new { status });
        const string Digits = "00112233445566778899aabbccddeeff00112233";
        await Service.Operator.PostAsync($"/operator/charge-points/{id}/calls", new { action = "ChangeConfiguration", payload = new { key = "AuthorizationKey", value = Digits } });
        Assert.Equal(101, await KnockAsync(id, Old));
        Assert.Equal(knock, await KnockAsync(id, Convert.FromHexString(Digits)));
    }

    [Fact]
    public async Task A_charge_point_without_a_password_gets_one_and_never_connects_without_again()
    {
        (string id, TestChargePoint link) = await BootAsync(new { });
        await using (link)
        {
            link.On("ChangeConfiguration", _ => new { status = "Accepted" });
            await ChangeAsync(id, new { password = "its-first-password" });
            Assert.Equal("accepted", (await ChangeAsync(id, new { password = "its-first-password" })).GetProperty("outcome").GetString());
        }
        await using (await TestChargePoint.ConnectAsync(Service.Ocpp, id))
        {
        }
        Assert.Equal(101, await KnockAsync(id, "its-first-password"));
        await Assert.ThrowsAnyAsync<Exception>(() => TestChargePoint.ConnectAsync(Service.Ocpp, id));
    }

    [Fact]
    public async Task What_cannot_be_a_password_is_refused_and_who_is_away_cannot_be_told()
    {
        (string id, TestChargePoint link) = await BootAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await Service.Operator.TrySendAsync(HttpMethod.Post, $"/operator/charge-points/{id}/password", new { password = "short" })).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Service.Operator.TrySendAsync(HttpMethod.Post, "/operator/charge-points/NOBODY/password", new { })).Status);
        await link.DisposeAsync();
        await Service.Operator.UntilAsync($"/operator/charge-points/{id}", shown => !shown.GetProperty("link").GetProperty("online").GetBoolean());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Service.Operator.TrySendAsync(HttpMethod.Post, $"/operator/charge-points/{id}/password", new { })).Status);
    }

    [Fact]
    [Trait("row", "S6")]
    public async Task An_AuthorizationKey_is_any_bytes_in_either_form()
    {
        const string Digits = "003A80FF3A00112233445566778899AABBCCDDEE";
        (string id, TestChargePoint link) = await BootAsync(new { });
        await link.DisposeAsync();
        await Service.RegisterAsync(id, "customer", new { password = Digits }, "dev-" + id);
        Assert.Equal(101, await KnockAsync(id, Convert.FromHexString(Digits)));
        Assert.Equal(101, await KnockAsync(id, Digits.ToLowerInvariant()));
        Assert.Equal(401, await KnockAsync(id, Convert.FromHexString(Digits[..38])));
    }

    [Fact]
    public async Task Security_events_of_the_charge_point_and_of_the_service_are_shown()
    {
        (string id, TestChargePoint link) = await BootAsync();
        await using TestChargePoint _ = link;
        await link.CallAsync("SecurityEventNotification", new { type = "TamperDetectionActivated", timestamp = "2026-01-02T03:04:05Z", techInfo = "lid" });
        Assert.Equal(401, await KnockAsync(id, "a-wrong-password"));
        JsonElement events = await Service.Operator.UntilAsync($"/operator/charge-points/{id}/security-events", data => data.GetProperty("items").GetArrayLength() == 2);
        JsonElement[] items = [.. events.GetProperty("items").EnumerateArray()];
        Assert.Equal(["ChargePointFailedToAuthenticate", "TamperDetectionActivated"], items.Select(item => item.GetProperty("type").GetString()));
        Assert.Equal(["service", "chargePoint"], items.Select(item => item.GetProperty("source").GetString()));
        Assert.Equal(("lid", "2026-01-02T03:04:05.000Z"), (items[1].GetProperty("detail").GetString(), items[1].GetProperty("toldAt").GetString()));
        Assert.Equal("127.0.0.1", items[0].GetProperty("address").GetString());
        JsonElement all = await Service.Operator.DataAsync("/operator/security-events?limit=500");
        Assert.True(all.GetProperty("items").GetArrayLength() >= 2);
        Assert.Equal(HttpStatusCode.NotFound, (await Service.Operator.TrySendAsync(HttpMethod.Get, "/operator/charge-points/NOBODY/security-events", null)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await Service.Operator.TrySendAsync(HttpMethod.Get, "/operator/security-events?limit=0", null)).Status);
        using var metrics = new HttpClient();
        Assert.Contains("amps_security_events", await metrics.GetStringAsync(new Uri(Service.Api, "/metrics")));
    }

    [Fact]
    [Trait("row", "S17")]
    public async Task No_secret_is_in_log_answers_frames_or_files()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Logging:LogLevel:Default=Trace", "Logging:LogLevel:Microsoft.AspNetCore=Trace");
        await service.CustomerAsync();
        await service.RegisterAsync("KEY", "customer", new { password = Old }, "dev");
        const string New = "the-new-password";
        const string Wrong = "a-wrong-password";
        string[] secrets = [Old, New, Wrong, Convert.ToHexString(Encoding.UTF8.GetBytes(New)), Convert.ToBase64String(Encoding.UTF8.GetBytes("KEY:" + Old)), ServiceHost.OperatorKey];
        await using (TestChargePoint link = await TestChargePoint.BootAsync(service.Ocpp, "KEY", Old))
        {
            link.On("ChangeConfiguration", _ => new { status = "Accepted" });
            await service.Operator.PostAsync("/operator/charge-points/KEY/password", new { password = New });
            await service.Operator.PostAsync("/operator/charge-points/KEY/calls", new { action = "ChangeConfiguration", payload = new { key = "AuthorizationKey", value = New, extra = 1 } });
        }
        await Assert.ThrowsAnyAsync<Exception>(() => TestChargePoint.ConnectAsync(service.Ocpp, "KEY", Wrong));
        await using (await TestChargePoint.BootAsync(service.Ocpp, "KEY", New))
        {
        }
        string shown = string.Concat(
            await service.Operator.GetAsync("/operator/charge-points/KEY"),
            await service.Operator.GetAsync("/operator/charge-points"),
            await service.Operator.GetAsync("/operator/charge-points/KEY/frames?limit=200"),
            await service.Operator.GetAsync("/operator/security-events"));
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, shown));
        await service.StopAsync();
        string logged = string.Join('\n', service.Lines);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, logged));
        foreach (string file in Directory.EnumerateFiles(service.Data, "*", SearchOption.AllDirectories))
        {
            string bytes = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
            Assert.All(secrets, secret => Assert.False(bytes.Contains(secret, StringComparison.Ordinal), $"{file} holds a secret."));
        }
    }
}
