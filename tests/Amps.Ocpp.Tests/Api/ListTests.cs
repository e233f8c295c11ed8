using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Api;

/// <summary>Lists: pages, filters, order (canonical API, section 3; faults A9).</summary>
public sealed class ListTests
{
    private static string[] Ids(JsonElement page) => [.. page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!)];

    [Fact]
    [Trait("row", "A9")]
    public async Task Chargers_come_in_pages_in_one_order()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        for (int i = 1; i <= 13; i++)
            await service.RegisterAsync($"CP{i:00}", "customer", $"dev{i:00}");
        JsonElement first = await app.DataAsync("/ev-charger");
        Assert.Equal(10, Ids(first).Length);
        Assert.Equal((10, 0, 13, true), Pagination(first));
        JsonElement last = await app.DataAsync("/ev-charger?offset=10&limit=50");
        Assert.Equal((50, 10, 13, false), Pagination(last));
        Assert.Equal(Enumerable.Range(1, 13).Select(i => $"dev{i:00}"), Ids(first).Concat(Ids(last)));
        Assert.Empty(Ids(await app.DataAsync("/ev-charger?offset=99")));
        Assert.All(first.GetProperty("items").EnumerateArray(), item =>
        {
            Assert.Equal("fallback", item.GetProperty("metadata").GetProperty("source").GetString());
            Assert.False(item.TryGetProperty("settings", out _));
        });
    }

    [Fact]
    public async Task Actions_come_newest_first_and_keep_their_order_while_new_ones_arrive()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        using ApiClient other = await service.CustomerAsync("other");
        await service.RegisterAsync("CP1", "customer", new { userId = "anna" }, "dev1");
        await service.RegisterAsync("CP2", "customer", "dev2");
        await using TestChargePoint one = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        await using TestChargePoint two = await TestChargePoint.BootAsync(service.Ocpp, "CP2");
        List<string> made = [];
        for (int i = 0; i < 15; i++)
            made.Insert(0, (await app.RunAsync(i % 3 == 0 ? "dev2" : "dev1", "idle")).GetProperty("id").GetString()!);
        Assert.Equal(made.Take(10), Ids(await app.DataAsync("/actions")));

        // A reader that pages while actions arrive sees each older one at least once, in the same order.
        List<string> seen = [.. Ids(await app.DataAsync("/actions?limit=5"))];
        string arrived = (await app.RunAsync("dev1", "idle")).GetProperty("id").GetString()!;
        for (int offset = 5; offset < 20; offset += 5)
            seen.AddRange(Ids(await app.DataAsync($"/actions?limit=5&offset={offset}")));
        Assert.Equal(made, seen.Distinct());
        Assert.Equal(arrived, Ids(await app.DataAsync("/actions?limit=1"))[0]);

        Assert.Equal(5, Total(await app.DataAsync("/actions?deviceId=dev2")));
        Assert.Equal(16, Total(await app.DataAsync("/actions?state=completed&deviceType=ev_charger")));
        Assert.Equal(0, Total(await app.DataAsync("/actions?state=failed")));
        Assert.Equal(11, Total(await app.DataAsync("/actions?userId=anna")));
        Assert.Equal(0, Total(await app.DataAsync("/actions?deviceId=nobody")));
        Assert.Equal(0, Total(await other.DataAsync("/actions")));
        Assert.Equal(0, Total(await other.DataAsync("/actions?deviceId=dev1")));
        Assert.Equal("ACTION_NOT_FOUND", (await other.GetAsync($"/actions/{arrived}")).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    [Trait("row", "A11")]
    public async Task The_flood_of_one_key_is_held_back_and_another_keys_requests_are_not()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Amps:RateLimit:RequestsPerSecond=1", "Amps:RateLimit:Burst=20");
        using ApiClient flood = await service.CustomerAsync("flood");
        using ApiClient calm = await service.CustomerAsync("calm");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/ev-charger");
        (System.Net.HttpStatusCode Status, JsonElement Body)[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => flood.TrySendAsync(HttpMethod.Get, "/ev-charger", null)));
        Assert.InRange(answers.Count(answer => answer.Status == System.Net.HttpStatusCode.OK), 20, 40);
        Assert.All(answers.Where(answer => answer.Status != System.Net.HttpStatusCode.OK), answer => Assert.Equal("RATE_LIMIT_EXCEEDED", answer.Body.GetProperty("error").GetProperty("code").GetString()));
        request.Headers.Add("x-api-key", flood.Key);
        using HttpResponseMessage refused = await flood.Http.SendAsync(request);
        Assert.True(refused.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        for (int i = 0; i < 15; i++)
            Assert.True((await calm.GetAsync("/ev-charger")).GetProperty("success").GetBoolean());
    }

    private static int Total(JsonElement page) => page.GetProperty("pagination").GetProperty("total").GetInt32();

    private static (int Limit, int Offset, int Total, bool HasMore) Pagination(JsonElement page)
    {
        JsonElement pagination = page.GetProperty("pagination");
        return (pagination.GetProperty("limit").GetInt32(), pagination.GetProperty("offset").GetInt32(), pagination.GetProperty("total").GetInt32(), pagination.GetProperty("hasMore").GetBoolean());
    }
}
