using System.Net;
using System.Text;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Api;

/// <summary>Every error of the canonical surface in its envelope (canonical API, sections 1, 2, 5 to 7; rows A).</summary>
public sealed class CanonicalErrorsTests(CanonicalErrorsTests.Fixture fixture) : IClassFixture<CanonicalErrorsTests.Fixture>
{
    public sealed class Fixture : IAsyncLifetime
    {
        public ServiceHost Service { get; private set; } = null!;

        public ApiClient App { get; private set; } = null!;

        public ApiClient Other { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
            App = await Service.CustomerAsync("one");
            Other = await Service.CustomerAsync("two");
            await Service.RegisterAsync("CP1", "one", new { ratedPowerKw = 22, userId = "anna" }, "dev1");
        }

        public ValueTask DisposeAsync() => Service.DisposeAsync();
    }

    private static string Code(JsonElement answer) => answer.GetProperty("error").GetProperty("code").GetString()!;

    private static StringContent Json(string text, string type = "application/json") => new(text, Encoding.UTF8, type);

    [Fact]
    public async Task A_success_and_a_failure_have_their_envelopes()
    {
        JsonElement good = await fixture.App.GetAsync("/ev-charger");
        JsonElement meta = good.GetProperty("meta");
        Assert.Equal(["requestId", "environment", "timestamp", "latencyMs"], meta.EnumerateObject().Select(member => member.Name));
        Assert.Matches("^req_[0-9A-Za-z]{8}$", meta.GetProperty("requestId").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", meta.GetProperty("timestamp").GetString());
        Assert.Equal("live", meta.GetProperty("environment").GetString());

        JsonElement bad = await fixture.App.GetAsync("/ev-charger/nobody");
        Assert.False(bad.GetProperty("success").GetBoolean());
        Assert.Equal(["requestId", "timestamp", "path", "latencyMs"], bad.GetProperty("meta").EnumerateObject().Select(member => member.Name));
        Assert.Equal("/ev-charger/nobody", bad.GetProperty("meta").GetProperty("path").GetString());
    }

    [Theory]
    [Trait("row", "A1")]
    [Trait("row", "A3")]
    [InlineData(null, "/ev-charger", "UNAUTHORIZED")]
    [InlineData("", "/ev-charger", "INVALID_API_KEY")]
    [InlineData("sk_live_guess", "/ev-charger", "INVALID_API_KEY")]
    [InlineData(null, "/ev-charger?x-api-key=sk_live_guess", "UNAUTHORIZED")]
    public async Task Without_a_valid_key_nobody_gets_in(string? key, string path, string code)
    {
        using var app = new ApiClient(fixture.Service.Api, key);
        (HttpStatusCode status, JsonElement body) = await app.TrySendAsync(HttpMethod.Get, path, null);
        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Equal(code, Code(body));
    }

    [Fact]
    [Trait("row", "A1")]
    [Trait("row", "A2")]
    public async Task Keys_end_with_revocation_and_expiry_and_hold_what_they_were_given()
    {
        using ApiClient reader = await fixture.Service.CustomerAsync("one", "live", "read");
        Assert.Equal("INSUFFICIENT_PERMISSIONS", Code(await reader.PostAsync("/ev-charger/dev1", new { action = new { command = "charge" } })));
        Assert.Equal("INSUFFICIENT_PERMISSIONS", Code(await fixture.App.GetAsync("/operator/customers")));
        Assert.Equal("INSUFFICIENT_PERMISSIONS", Code(await fixture.Service.Operator.GetAsync("/ev-charger")));

        JsonElement issued = (await fixture.Service.Operator.PostAsync("/operator/keys", new
        {
            customerId = "one",
            environment = "live",
            permissions = new[] { "read" },
            expiresAt = DateTime.UtcNow.AddSeconds(1),
        })).GetProperty("data");
        using var shortLived = new ApiClient(fixture.Service.Api, issued.GetProperty("key").GetString());
        Assert.True((await shortLived.GetAsync("/ev-charger")).GetProperty("success").GetBoolean());
        await Task.Delay(1200);
        Assert.Equal("EXPIRED_TOKEN", Code(await shortLived.GetAsync("/ev-charger")));

        JsonElement keys = await fixture.Service.Operator.DataAsync("/operator/keys");
        Assert.DoesNotContain(issued.GetProperty("key").GetString()!, keys.GetRawText());
        issued = (await fixture.Service.Operator.PostAsync("/operator/keys", new { customerId = "one", environment = "live", permissions = new[] { "read" } })).GetProperty("data");
        using var revoked = new ApiClient(fixture.Service.Api, issued.GetProperty("key").GetString());
        (HttpStatusCode status, _) = await revoked.TrySendAsync(HttpMethod.Get, "/ev-charger", null);
        Assert.Equal(HttpStatusCode.OK, status);
        await fixture.Service.Operator.SendAsync(HttpMethod.Delete, $"/operator/keys/{issued.GetProperty("id").GetString()}", null);
        Assert.Equal("INVALID_API_KEY", Code(await revoked.GetAsync("/ev-charger")));

        using var bearer = new ApiClient(fixture.Service.Api, null);
        (status, _) = await bearer.TrySendAsync(HttpMethod.Get, "/ev-charger", null, ("Authorization", $"Bearer {fixture.App.Key}"));
        Assert.Equal(HttpStatusCode.OK, status);
    }

    [Fact]
    public async Task Live_access_is_switched_by_the_customer()
    {
        using ApiClient app = await fixture.Service.CustomerAsync("three");
        await fixture.Service.Operator.PostAsync("/operator/customers", new { id = "three", liveEnabled = false });
        Assert.Equal("LIVE_ACCESS_DISABLED", Code(await app.GetAsync("/ev-charger")));
    }

    [Fact]
    [Trait("row", "A4")]
    public async Task Another_customers_device_does_not_exist_nor_another_users()
    {
        Assert.Equal("DEVICE_NOT_FOUND", Code(await fixture.Other.GetAsync("/ev-charger/dev1")));
        Assert.Empty((await fixture.Other.DataAsync("/ev-charger")).GetProperty("items").EnumerateArray());
        (_, JsonElement body) = await fixture.App.TrySendAsync(HttpMethod.Get, "/ev-charger/dev1", null, ("x-user-id", "berta"));
        Assert.Equal("DEVICE_NOT_FOUND", Code(body));
        (_, body) = await fixture.App.TrySendAsync(HttpMethod.Get, "/ev-charger", null, ("x-user-id", "anna"));
        Assert.Equal(1, body.GetProperty("data").GetProperty("pagination").GetProperty("total").GetInt32());
    }

    [Theory]
    [Trait("row", "A5")]
    [Trait("row", "A8")]
    [InlineData("GET", "/nowhere", 404, "NOT_FOUND")]
    [InlineData("GET", "/", 404, "NOT_FOUND")]
    [InlineData("DELETE", "/ev-charger/dev1", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("GET", "/schedules", 501, "NOT_IMPLEMENTED")]
    [InlineData("POST", "/schedules/1/runs", 501, "NOT_IMPLEMENTED")]
    [InlineData("GET", "/ev-charger/a%2Fb", 404, "DEVICE_NOT_FOUND")]
    [InlineData("GET", "/actions/act_nobody", 404, "ACTION_NOT_FOUND")]
    [InlineData("POST", "/actions/act_nobody/cancel", 404, "ACTION_NOT_FOUND")]
    [InlineData("GET", "/ev-charger?limit=0", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/ev-charger?limit=51", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/ev-charger?offset=-1", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/ev-charger?colour=red", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/actions?state=done", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/actions?deviceType=battery", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/ev-charger/dev1?expedite=yes", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/ev-charger/dev1", 503, "DEVICE_OFFLINE")]
    public async Task A_wrong_address_or_query_is_told(string method, string path, int status, string code)
    {
        (HttpStatusCode answered, JsonElement body) = await fixture.App.TrySendAsync(new HttpMethod(method), path, null);
        Assert.Equal(status, (int)answered);
        Assert.Equal(code, Code(body));
    }

    [Theory]
    [Trait("row", "A6")]
    [Trait("row", "A7")]
    [InlineData("", 400, "VALIDATION_ERROR")]
    [InlineData("{", 400, "VALIDATION_ERROR")]
    [InlineData("[]", 400, "VALIDATION_ERROR")]
    [InlineData("{}", 400, "VALIDATION_ERROR")]
    [InlineData("""{"action":"start_charging"}""", 400, "VALIDATION_ERROR")]
    [InlineData("""{"action":{"command":"set_max_power"}}""", 400, "VALIDATION_ERROR")]
    [InlineData("""{"action":{"command":"charge"},"extra":1}""", 400, "VALIDATION_ERROR")]
    [InlineData("""{"action":{"command":"charge","extra":1}}""", 400, "VALIDATION_ERROR")]
    [InlineData("""{"action":{"command":"charge"},"action":{"command":"idle"}}""", 400, "VALIDATION_ERROR")]
    [InlineData("""{"action":{"command":"charge"},"onConflict":"fight"}""", 400, "VALIDATION_ERROR")]
    [InlineData("""{"action":{"command":"charge"},"sandbox":{"outcome":"maybe"}}""", 400, "VALIDATION_ERROR")]
    [InlineData("""{"action":{"command":"charge"},"sandbox":{"delayMs":180001}}""", 400, "VALIDATION_ERROR")]
    [InlineData("""{"action":{"command":"charge","parameters":{"power":1}}}""", 422, "UNSUPPORTED_PARAMETER")]
    [InlineData("""{"action":{"command":"idle","start":"1h","end":"2030-01-01T00:00:00"}}""", 422, "EXECUTION_NOT_SUPPORTED")]
    [InlineData("""{"action":{"command":"charge","end":"2030-01-01T00:00:00"}}""", 422, "INVALID_TIME_WINDOW")]
    [InlineData("""{"action":{"command":"charge"},"onConflict":"queue_after"}""", 422, "STRATEGY_NOT_SUPPORTED")]
    [InlineData("""{"action":{"command":"charge","parameters":{}}}""", 503, "DEVICE_OFFLINE")]
    public async Task A_wrong_push_is_told_in_the_order_of_checks(string body, int status, string code)
    {
        (HttpStatusCode answered, JsonElement answer) = await fixture.App.TrySendAsync(HttpMethod.Post, "/ev-charger/dev1", Json(body));
        Assert.Equal(status, (int)answered);
        Assert.Equal(code, Code(answer));
    }

    [Fact]
    [Trait("row", "A7")]
    public async Task All_errors_of_a_body_are_told_at_once_with_their_paths()
    {
        (_, JsonElement answer) = await fixture.App.TrySendAsync(HttpMethod.Post, "/ev-charger/dev1", Json("""{"action":{"command":7,"more":1},"onConflict":false,"x":0}"""));
        string[] paths = [.. answer.GetProperty("error").GetProperty("details").GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("path").GetString()!).Order()];
        Assert.Equal(["action.command", "action.more", "onConflict", "x"], paths);
    }

    /// <summary>The refusal arrives although nobody reads the body, and the connection either goes on or says that it ends.</summary>
    [Theory]
    [Trait("row", "A6")]
    [InlineData(100_000, false)]
    [InlineData(900_000, false)]
    [InlineData(900_000, true)]
    public async Task A_body_that_is_too_long_costs_its_sender_no_other_request(int length, bool chunked)
    {
        for (int i = 0; i < 20; i++)
        {
            using HttpContent content = Json($"{{\"action\":\"{new string('x', length)}\"}}");
            using var request = new HttpRequestMessage(HttpMethod.Post, "/ev-charger/dev1") { Content = content, Headers = { TransferEncodingChunked = chunked } };
            request.Headers.Add("x-api-key", fixture.App.Key);
            if (!chunked)
                Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await fixture.App.Http.SendAsync(request)).StatusCode);
            else
                await HearAsync(request);
            (HttpStatusCode status, _) = await fixture.App.TrySendAsync(HttpMethod.Post, "/ev-charger/dev1", Json("[]"));
            Assert.Equal(HttpStatusCode.BadRequest, status);
        }
    }

    /// <summary>The length of a chunked body is not known beforehand: its connection ends, with or without the answer being heard.</summary>
    private async Task HearAsync(HttpRequestMessage request)
    {
        try
        {
            using HttpResponseMessage answer = await fixture.App.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        }
        catch (HttpRequestException e) when (e.InnerException is IOException or HttpIOException)
        {
            // The connection went away while the rest was still being sent.
        }
    }

    [Fact]
    [Trait("row", "A6")]
    public async Task The_wrong_type_too_much_and_too_deep_are_refused()
    {
        (HttpStatusCode status, JsonElement answer) = await fixture.App.TrySendAsync(HttpMethod.Post, "/ev-charger/dev1", Json("{}", "text/plain"));
        Assert.Equal((HttpStatusCode.UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE"), (status, Code(answer)));
        (status, answer) = await fixture.App.TrySendAsync(HttpMethod.Post, "/ev-charger/dev1", Json($"{{\"action\":\"{new string('x', 100_000)}\"}}"));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE"), (status, Code(answer)));
        (status, answer) = await fixture.App.TrySendAsync(HttpMethod.Post, "/ev-charger/dev1", Json(new string('[', 1000) + new string(']', 1000)));
        Assert.Equal((HttpStatusCode.BadRequest, "VALIDATION_ERROR"), (status, Code(answer)));
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/ev-charger/dev1") { Headers = { { "x-api-key", fixture.App.Key } } };
        using HttpResponseMessage refused = await fixture.App.Http.SendAsync(request);
        Assert.NotEmpty(refused.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("""{"max_charge_rate":{"value":23,"unit":"kw"}}""", "SETTING_OUT_OF_RANGE")]
    [InlineData("""{"max_charge_rate":{"value":-1,"unit":"kw"}}""", "SETTING_OUT_OF_RANGE")]
    [InlineData("""{"max_charge_rate":{"value":10,"unit":"A"}}""", "UNSUPPORTED_UNIT")]
    [InlineData("""{"max_charge_rate":{"value":10,"unit":"kw"},"volume":{"value":1,"unit":"db"}}""", "UNSUPPORTED_SETTING")]
    [InlineData("""{"max_charge_rate":10}""", "VALIDATION_ERROR")]
    [InlineData("""{"max_charge_rate":{"value":"10","unit":"kw"}}""", "VALIDATION_ERROR")]
    [InlineData("{}", "VALIDATION_ERROR")]
    public async Task A_wrong_setting_is_told_and_nothing_is_written(string body, string code)
    {
        (_, JsonElement answer) = await fixture.App.TrySendAsync(HttpMethod.Post, "/ev-charger/dev1/settings", Json(body));
        Assert.Equal(code, Code(answer));
        JsonElement shown = await fixture.Service.Operator.DataAsync("/operator/charge-points/CP1");
        Assert.Equal(JsonValueKind.Null, shown.GetProperty("devices")[0].GetProperty("maxChargeRateKw").ValueKind);
    }

    [Fact]
    [Trait("row", "A11")]
    public async Task A_key_beyond_its_rate_gets_429_and_another_one_does_not()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Amps:RateLimit:RequestsPerSecond=1", "Amps:RateLimit:Burst=5");
        using ApiClient busy = await service.CustomerAsync("one");
        JsonElement issued = await service.Operator.PostAsync("/operator/keys", new { customerId = "one", environment = "live", permissions = new[] { "read" } });
        using var calm = new ApiClient(service.Api, issued.GetProperty("data").GetProperty("key").GetString());
        HttpStatusCode last = default;
        for (int i = 0; i < 8 && last != HttpStatusCode.TooManyRequests; i++)
            (last, _) = await busy.TrySendAsync(HttpMethod.Get, "/ev-charger", null);
        Assert.Equal(HttpStatusCode.TooManyRequests, last);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/ev-charger") { Headers = { { "x-api-key", busy.Key } } };
        using HttpResponseMessage refused = await busy.Http.SendAsync(request);
        Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        (last, _) = await calm.TrySendAsync(HttpMethod.Get, "/ev-charger", null);
        Assert.Equal(HttpStatusCode.OK, last);
    }
}
