using System.Net;
using System.Text;
using Amps.Ocpp.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Amps.Ocpp.Tests.Api;

/// <summary>The OpenAPI document, the page to try it, and the metrics (operator surface, section 3).</summary>
public sealed class OpenApiTests
{
    [Fact]
    [Trait("row", "A18")]
    public async Task The_document_is_valid_and_names_every_route_and_no_other()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(OpenApiCheck.Text));
        ReadResult read = await OpenApiDocument.LoadAsync(stream, "json");
        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Empty(read.Diagnostic.Warnings);

        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        string[] mapped =
        [
            .. service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
                .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Select(method => $"{method} {endpoint.RoutePattern.RawText}") ?? ["GET /schedules"])
                .Where(route => route != "GET /openapi/v1.json"),
        ];
        Assert.Equal(OpenApiCheck.Operations.Order(), mapped.Order());
    }

    [Fact]
    public async Task It_is_served_without_a_key_and_can_be_kept_by_its_tag()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using var http = new HttpClient { BaseAddress = service.Api };
        using HttpResponseMessage first = await http.GetAsync(new Uri("/openapi/v1.json", UriKind.Relative));
        Assert.Equal("application/json", first.Content.Headers.ContentType!.MediaType);
        using var again = new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using HttpResponseMessage second = await http.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        string page = await http.GetStringAsync(new Uri("/try/index.html", UriKind.Relative));
        Assert.Contains("swagger-ui", page);
        string script = await http.GetStringAsync(new Uri("/try/index.js", UriKind.Relative));
        Assert.Contains("/openapi/v1.json", script);
        Assert.True((await http.GetByteArrayAsync(new Uri("/try/swagger-ui-bundle.js", UriKind.Relative))).Length > 100_000);
    }

    [Fact]
    [Trait("row", "X6")]
    [Trait("row", "A21")]
    public async Task Metrics_are_told_in_the_Prometheus_text_format_without_identities()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync("secret-customer");
        await service.RegisterAsync("SECRET-CP", "secret-customer", "secret-device");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "SECRET-CP");
        await app.GetAsync("/ev-charger/secret-device");
        using var http = new HttpClient { BaseAddress = service.Api };
        using HttpResponseMessage response = await http.GetAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        string text = await response.Content.ReadAsStringAsync();
        Assert.Contains("amps_api_answers_total{status=\"2xx\"}", text);
        Assert.Contains("amps_storage_", text);
        Assert.DoesNotContain("secret", text, StringComparison.OrdinalIgnoreCase);
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Assert.Matches(@"^(# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .+|[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*=""([^""\\]|\\.)*"",?)*\})? (-?[0-9.]+(E[+-]?[0-9]+)?|NaN|\+Inf))$", line);
    }
}
