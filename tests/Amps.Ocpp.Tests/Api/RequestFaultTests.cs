using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Api;

/// <summary>Requests that break off, race, smuggle or inject (faults, section A).</summary>
public sealed class RequestFaultTests(RequestFaultTests.Fixture fixture) : IClassFixture<RequestFaultTests.Fixture>
{
    public sealed class Fixture : IAsyncLifetime
    {
        public ServiceHost Service { get; private set; } = null!;

        public ApiClient App { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
            App = await Service.CustomerAsync();
            await Service.RegisterAsync("CP1", "customer", "dev1");
        }

        public async ValueTask DisposeAsync()
        {
            App.Dispose();
            // Fails if anything logged an error.
            await Service.DisposeAsync();
        }
    }

    [Fact]
    [Trait("row", "A12")]
    public async Task A_caller_that_leaves_in_the_middle_costs_nothing_and_is_no_error()
    {
        await using TestChargePoint charger = await TestChargePoint.BootAsync(fixture.Service.Ocpp, "CP1");
        // Silent, so that each read waits for it until the caller is gone.
        charger.On("TriggerMessage", _ => null);
        for (int i = 0; i < 20; i++)
        {
            using var leaving = new CancellationTokenSource(TimeSpan.FromMilliseconds(30));
            using var request = new HttpRequestMessage(HttpMethod.Get, "/ev-charger/dev1?expedite=true") { Headers = { { "x-api-key", fixture.App.Key } } };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.App.Http.SendAsync(request, leaving.Token));
        }
        Assert.True((await fixture.App.GetAsync("/ev-charger")).GetProperty("success").GetBoolean());
    }

    [Fact]
    [Trait("row", "A20")]
    public async Task Changes_of_different_fields_at_once_are_both_kept()
    {
        for (int i = 0; i < 20; i++)
        {
            string id = $"RACE{i}";
            await fixture.Service.RegisterAsync(id, "customer", $"race{i}");
            await Task.WhenAll(
                fixture.Service.Operator.SendAsync(HttpMethod.Put, $"/operator/charge-points/{id}", new { phases = 3 }),
                fixture.Service.Operator.SendAsync(HttpMethod.Put, $"/operator/charge-points/{id}", new { timeZone = "Europe/Berlin" }),
                fixture.Service.Operator.SendAsync(HttpMethod.Put, $"/operator/charge-points/{id}", new { ratedPowerKw = 22 }));
            JsonElement shown = await fixture.Service.Operator.DataAsync($"/operator/charge-points/{id}");
            Assert.Equal(3, shown.GetProperty("phases").GetInt32());
            Assert.Equal("Europe/Berlin", shown.GetProperty("timeZone").GetString());
            Assert.Equal(22, shown.GetProperty("ratedPowerKw").GetDouble());
        }
    }

    [Fact]
    [Trait("row", "A19")]
    public async Task What_is_echoed_is_escaped_and_its_type_is_not_to_be_guessed()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/ev-charger/%3Cscript%3Ealert(1)%3C%2Fscript%3E%0d%0aSet-Cookie:%20a=b") { Headers = { { "x-api-key", fixture.App.Key } } };
        using HttpResponseMessage answer = await fixture.App.Http.SendAsync(request);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.False(answer.Headers.Contains("Set-Cookie"));
        Assert.DoesNotContain("<script>", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [Trait("row", "A22")]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [InlineData("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Content-Length: +5\r\n\r\nhello")]
    [InlineData("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n")]
    public async Task A_body_whose_length_can_be_read_in_two_ways_is_refused(string rest)
    {
        using TcpClient client = await RawHandshake.ConnectAsync(fixture.Service.Api.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /ev-charger/dev1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nx-api-key: {fixture.App.Key}\r\n{rest}"));
        Assert.Equal(400, RawHandshake.Status(await RawHandshake.AnswerAsync(client)));
    }
}
