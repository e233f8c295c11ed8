using System.Text.Json;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Readings;
using Amps.Ocpp.Storage;

namespace Amps.Ocpp.Hosting;

/// <summary>Liveness and readiness (operator surface, section 3); no key is needed and nothing secret is told.</summary>
internal sealed class HealthEndpoints(IStorageHealth storage, IMqttClient mqtt, CacheLoad load, ServiceLifetime lifetime)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", static context => AnswerAsync(context, 200, static json => json.WriteString("status", "live")));
        routes.MapGet("/health/ready", ReadyAsync);
    }

    /// <summary>
    /// Ready = the store takes writes, the service is not going down, and what the broker kept has been read; the broker itself is reported, not
    /// required.
    /// </summary>
    private Task ReadyAsync(HttpContext context)
    {
        bool ready = storage.Available && !lifetime.Draining && load.IsDone;
        return AnswerAsync(context, ready ? 200 : 503, json =>
        {
            json.WriteString("status", ready ? "ready" : lifetime.Draining ? "draining" : "not ready");
            json.WriteString("storage", storage.Available ? "available" : "unavailable");
            json.WriteString("cache", load.IsDone ? "loaded" : "loading");
            json.WriteString("mqtt", mqtt.State.ToString().ToLowerInvariant());
            if (mqtt.LastError is { } error)
                json.WriteString("mqttError", error);
        });
    }

    private static async Task AnswerAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
    }
}
