using System.Net;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;
using Amps.Ocpp.Tests.Webhooks;

namespace Amps.Ocpp.Tests.Operator;

/// <summary>Which URLs a service takes that was told nothing.</summary>
public sealed class WebhookUrlTests(WebhookUrlTests.House house) : IClassFixture<WebhookUrlTests.House>
{
    /// <summary>One service for all cases.</summary>
    public sealed class House : IAsyncLifetime
    {
        public ServiceHost Service { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
            await Service.CustomerAsync();
        }

        public ValueTask DisposeAsync() => Service.DisposeAsync();
    }

    [Theory]
    [Trait("row", "N7")]
    [MemberData(nameof(UrlPolicyTests.NotPublic), MemberType = typeof(UrlPolicyTests))]
    public async Task A_url_that_is_not_public_is_refused(string host)
    {
        // Names need a resolver that knows them; the rest is the same for every resolver.
        if (host.EndsWith(".example", StringComparison.Ordinal))
            return;
        (HttpStatusCode status, JsonElement answer) = await house.Service.Operator.TrySendAsync(
            HttpMethod.Post, "/operator/webhooks", new { customerId = "customer", environment = "live", url = $"https://{host}/hooks", events = new[] { "push.failed" } });
        Assert.Equal((HttpStatusCode.BadRequest, "VALIDATION_ERROR"), (status, answer.GetProperty("error").GetProperty("code").GetString()));
        Assert.Equal("url", answer.GetProperty("error").GetProperty("details").GetProperty("errors")[0].GetProperty("path").GetString());
    }
}
