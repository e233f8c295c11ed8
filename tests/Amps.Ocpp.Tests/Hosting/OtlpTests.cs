using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Amps.Ocpp.Hosting;
using Amps.Ocpp.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Amps.Ocpp.Tests.Hosting;

/// <summary>OpenTelemetry over OTLP where its endpoint is set (operator surface, section 3).</summary>
public sealed class OtlpTests
{
    /// <summary>A collector on loopback that keeps what comes by http/protobuf.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly WebApplication _app;

        private Collector(WebApplication app) => _app = app;

        public ConcurrentQueue<(string Path, string? Type, byte[] Body)> Received { get; } = new();

        public string Url => _app.Urls.First();

        public static async Task<Collector> StartAsync()
        {
            WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
            builder.Logging.ClearProviders();
            var collector = new Collector(builder.Build());
            collector._app.Run(async context =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                collector.Received.Enqueue((context.Request.Path, context.Request.ContentType, body.ToArray()));
                context.Response.ContentType = "application/x-protobuf";
            });
            await collector._app.StartAsync();
            return collector;
        }

        public async ValueTask DisposeAsync() => await _app.DisposeAsync();

        public bool Has(string path, string text) => Received.Any(export => export.Path == path && export.Body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0);
    }

    [Fact]
    public async Task Metrics_of_the_service_arrive_at_the_collector_with_the_node_they_come_from()
    {
        await using Collector collector = await Collector.StartAsync();
        await using ServiceHost service = await ServiceHost.StartAsync(
            "Amps:Mqtt:Mode=Off", "Amps:Node:Id=node-of-otlp", "OTEL_METRIC_EXPORT_INTERVAL=100",
            $"OTEL_EXPORTER_OTLP_ENDPOINT={collector.Url}", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf");
        await service.Operator.GetAsync("/operator/charge-points");
        await Wait.UntilAsync(() => collector.Has("/v1/metrics", "amps.") && collector.Has("/v1/metrics", "kestrel.active_connections"), "metrics arrive");
        Assert.True(collector.Has("/v1/metrics", "amps-ocpp"));
        Assert.True(collector.Has("/v1/metrics", "node-of-otlp"));
        Assert.All(collector.Received, export => Assert.Equal("application/x-protobuf", export.Type));
    }

    [Fact]
    public async Task A_request_is_a_span_of_its_callers_trace_and_tells_its_route_but_no_id_token()
    {
        await using Collector collector = await Collector.StartAsync();
        await using ServiceHost service = await ServiceHost.StartAsync(
            "Amps:Mqtt:Mode=Off", "OTEL_BSP_SCHEDULE_DELAY=50",
            $"OTEL_EXPORTER_OTLP_ENDPOINT={collector.Url}", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf");
        byte[] trace = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];
        await service.Operator.TrySendAsync(
            HttpMethod.Put, "/operator/id-tokens/TOKEN-OF-A-CARD", new { status = "Accepted" }, ("traceparent", $"00-{Convert.ToHexStringLower(trace)}-00f067aa0ba902b7-01"));
        await Wait.UntilAsync(() => collector.Has("/v1/traces", "PUT /operator/id-tokens/{idToken}"), "the span arrives");
        Assert.Contains(collector.Received, export => export.Path == "/v1/traces" && export.Body.AsSpan().IndexOf(trace) >= 0);
        Assert.False(collector.Has("/v1/traces", "TOKEN-OF-A-CARD"));
    }

    [Fact]
    public async Task A_collector_that_is_away_holds_nothing_up()
    {
        using var deaf = new TcpListener(IPAddress.Loopback, 0);
        deaf.Start();
        await using ServiceHost service = await ServiceHost.StartAsync(
            "Amps:Mqtt:Mode=Off", "OTEL_METRIC_EXPORT_INTERVAL=100", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
            $"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{((IPEndPoint)deaf.LocalEndpoint).Port}");
        Assert.True((await service.Operator.GetAsync("/operator/charge-points")).GetProperty("success").GetBoolean());
        await service.StopAsync().WaitAsync(TimeSpan.FromSeconds(15));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector", "http")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "grpc, http/protobuf")]
    public void A_wrong_endpoint_or_protocol_stops_the_start(string key, string value, string allowed)
    {
        SettingsException e = Assert.Throws<SettingsException>(() => AmpsService.Build(["--OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317", $"--{key}={value}"]));
        Assert.StartsWith($"{key}: '{value}'", e.Message, StringComparison.Ordinal);
        Assert.Contains(allowed, e.Message);
    }
}
