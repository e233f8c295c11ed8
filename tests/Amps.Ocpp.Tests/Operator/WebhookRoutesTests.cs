using System.Net;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;
using Amps.Ocpp.Tests.Webhooks;

namespace Amps.Ocpp.Tests.Operator;

/// <summary>The operator's webhook routes (operator surface, section 2).</summary>
public sealed class WebhookRoutesTests
{
    private static object Body(string url = "https://hooks.example/", string customerId = "customer", string environment = "live", object? events = null) =>
        new { customerId, environment, url, events = events ?? (string[])["push.completed"] };

    private static string[] Paths(JsonElement answer) =>
        [.. answer.GetProperty("error").GetProperty("details").GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("path").GetString()!)];

    [Fact]
    public async Task Endpoints_are_made_listed_shown_rotated_and_removed_and_their_secret_is_shown_when_made_only()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        await using ServiceHost service = await ServiceHost.StartAsync(WebhookHouse.Settings);
        await service.CustomerAsync();
        (HttpStatusCode status, JsonElement made) = await service.Operator.TrySendAsync(
            HttpMethod.Post, "/operator/webhooks", Body(receiver.Url.ToString(), events: new[] { "push.failed", "device.connected" }));
        Assert.Equal(HttpStatusCode.Created, status);
        JsonElement data = made.GetProperty("data");
        string id = data.GetProperty("id").GetString()!;
        string secret = data.GetProperty("secret").GetString()!;
        Assert.StartsWith("whsec_", secret);
        Assert.Equal(32, Convert.FromBase64String(secret["whsec_".Length..]).Length);
        Assert.Equal(["push.failed", "device.connected"], data.GetProperty("events").EnumerateArray().Select(name => name.GetString()));

        JsonElement list = await service.Operator.DataAsync("/operator/webhooks?limit=1");
        Assert.Equal(id, list.GetProperty("items")[0].GetProperty("id").GetString());
        Assert.Equal(1, list.GetProperty("pagination").GetProperty("total").GetInt32());
        JsonElement shown = await service.Operator.DataAsync($"/operator/webhooks/{id}");
        Assert.False(shown.TryGetProperty("secret", out _));
        Assert.Equal(JsonValueKind.Null, shown.GetProperty("disabledAt").ValueKind);

        JsonElement rotated = await service.Operator.PostAsync($"/operator/webhooks/{id}/rotate-secret");
        string fresh = rotated.GetProperty("data").GetProperty("secret").GetString()!;
        Assert.NotEqual(secret, fresh);
        Assert.DoesNotContain(service.Lines, line => line.Contains(secret["whsec_".Length..]) || line.Contains(fresh["whsec_".Length..]));
        Assert.Equal(0, (await service.Operator.DataAsync($"/operator/webhooks/{id}/deliveries")).GetProperty("pagination").GetProperty("total").GetInt32());

        Assert.Equal(HttpStatusCode.OK, (await service.Operator.TrySendAsync(HttpMethod.Delete, $"/operator/webhooks/{id}", null)).Status);
        foreach ((HttpMethod method, string path) in ((HttpMethod, string)[])[
            (HttpMethod.Delete, ""), (HttpMethod.Get, ""), (HttpMethod.Get, "/deliveries"), (HttpMethod.Post, "/rotate-secret"), (HttpMethod.Post, "/deliveries/msg_x/replay")])
        {
            (status, JsonElement answer) = await service.Operator.TrySendAsync(method, $"/operator/webhooks/{id}{path}", null);
            Assert.Equal((HttpStatusCode.NotFound, "NOT_FOUND"), (status, answer.GetProperty("error").GetProperty("code").GetString()));
        }
    }

    [Fact]
    public async Task A_customer_has_20_endpoints_at_most_and_room_again_when_one_is_deleted()
    {
        await using ServiceHost service = await ServiceHost.StartAsync(WebhookHouse.Settings);
        await service.CustomerAsync();
        await service.CustomerAsync("other");
        (HttpStatusCode Status, JsonElement Body)[] made = await Task.WhenAll(Enumerable.Range(0, 25).Select(i => service.Operator.TrySendAsync(
            HttpMethod.Post, "/operator/webhooks", Body($"http://127.0.0.1:{18000 + i}/", environment: i % 2 == 0 ? "live" : "sandbox"))));
        Assert.Equal(20, made.Count(answer => answer.Status == HttpStatusCode.Created));
        Assert.All(made.Where(answer => answer.Status != HttpStatusCode.Created), static refused => Assert.Equal(
            (HttpStatusCode.Conflict, "CONFLICT", 20),
            (refused.Status, refused.Body.GetProperty("error").GetProperty("code").GetString(), refused.Body.GetProperty("error").GetProperty("details").GetProperty("limit").GetInt32())));

        Assert.Equal(HttpStatusCode.Created, (await service.Operator.TrySendAsync(HttpMethod.Post, "/operator/webhooks", Body("http://127.0.0.1:18100/", "other"))).Status);
        string id = made.First(answer => answer.Status == HttpStatusCode.Created).Body.GetProperty("data").GetProperty("id").GetString()!;
        await service.Operator.SendAsync(HttpMethod.Delete, $"/operator/webhooks/{id}", null);
        Assert.Equal(HttpStatusCode.Created, (await service.Operator.TrySendAsync(HttpMethod.Post, "/operator/webhooks", Body("http://127.0.0.1:18100/"))).Status);
    }

    [Fact]
    [Trait("row", "N8")]
    public async Task A_wrong_body_is_refused_with_the_paths_of_what_is_wrong()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        async Task RefusedAsync(object body, params string[] paths)
        {
            (HttpStatusCode status, JsonElement answer) = await service.Operator.TrySendAsync(HttpMethod.Post, "/operator/webhooks", body);
            Assert.Equal((HttpStatusCode.BadRequest, "VALIDATION_ERROR"), (status, answer.GetProperty("error").GetProperty("code").GetString()));
            Assert.Equal(paths, Paths(answer));
        }
        await RefusedAsync(new { }, "customerId", "environment", "url", "events");
        await RefusedAsync(new { customerId = "customer", environment = "live", url = "https://hooks.example/", events = new[] { "push.failed" }, secret = "mine" }, "secret");
        await RefusedAsync(Body(customerId: "nobody"), "customerId");
        await RefusedAsync(Body(environment: "test"), "environment");
        await RefusedAsync(Body(events: Array.Empty<string>()), "events");
        await RefusedAsync(Body(events: new[] { "push.cancelled" }), "events");
        await RefusedAsync(Body(events: new[] { "push.failed", "push.failed" }), "events");
        await RefusedAsync(Body(events: "push.failed"), "events");
        foreach (string url in (string[])["http://hooks.example/", "file:///etc/passwd", "gopher://hooks.example/", "https://u:p@hooks.example/", "https://hooks.example:22/", "hooks", "https://127.0.0.1/"])
            await RefusedAsync(Body(url), "url");
        Assert.Equal(HttpStatusCode.Created, (await service.Operator.TrySendAsync(HttpMethod.Post, "/operator/webhooks", Body("https://93.184.215.14/hooks"))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await app.TrySendAsync(HttpMethod.Post, "/operator/webhooks", Body())).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await app.TrySendAsync(HttpMethod.Get, "/operator/webhooks", null)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await service.Operator.TrySendAsync(HttpMethod.Get, "/operator/webhooks?limit=51", null)).Status);
    }

    [Fact]
    public async Task A_delivery_can_be_replayed_with_the_same_id()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        await using ServiceHost service = await ServiceHost.StartAsync(WebhookHouse.Settings);
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await WebhookHouse.PluggedAsync(service.Ocpp);
        (string id, string secret) = await WebhookHouse.SubscribeAsync(service.Operator, receiver.Url, "push.completed");
        await app.RunAsync("dev1", "charge");
        ReceivedWebhook first = (await receiver.AwaitAsync(1))[0];
        await service.Operator.UntilAsync($"/operator/webhooks/{id}/deliveries", page => page.GetProperty("items")[0].GetProperty("state").GetString() == "delivered");
        (HttpStatusCode status, JsonElement answer) = await service.Operator.TrySendAsync(HttpMethod.Post, $"/operator/webhooks/{id}/deliveries/{first.Id}/replay", null);
        Assert.Equal(HttpStatusCode.Accepted, status);
        Assert.Equal("pending", answer.GetProperty("data").GetProperty("state").GetString());
        ReceivedWebhook second = (await receiver.AwaitAsync(2))[1];
        Assert.Equal((first.Id, first.Body, first.Sequence), (second.Id, second.Body, second.Sequence));
        Assert.Equal("valid", await Svix.VerifyAsync(secret, second));
    }
}
