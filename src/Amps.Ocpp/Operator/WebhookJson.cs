using System.Globalization;
using System.Text.Json;
using Amps.Ocpp.Http;
using Amps.Ocpp.Model;
using Amps.Ocpp.Webhooks;

namespace Amps.Ocpp.Operator;

/// <summary>Writes webhook endpoints and deliveries as the operator sees them.</summary>
internal static class WebhookJson
{
    /// <param name="secret">Its text, only in the answer that makes it.</param>
    public static void Write(Utf8JsonWriter json, WebhookEndpoint endpoint, string? secret)
    {
        json.WriteStartObject();
        json.WriteString("id", endpoint.Id);
        if (secret is not null)
            json.WriteString("secret", secret);
        json.WriteString("customerId", endpoint.CustomerId);
        json.WriteString("environment", endpoint.Environment == ApiEnvironment.Sandbox ? "sandbox" : "live");
        json.WriteString("url", endpoint.Url);
        json.WriteStartArray("events");
        foreach (string name in endpoint.Events)
            json.WriteStringValue(name);
        json.WriteEndArray();
        Envelope.WriteTime(json, "createdAt"u8, endpoint.CreatedAt);
        Envelope.WriteTime(json, "disabledAt"u8, endpoint.DisabledAt);
        json.WriteString("disabledReason", endpoint.DisabledReason);
        Envelope.WriteTime(json, "previousSecretUntil"u8, endpoint.PreviousUntil);
        json.WriteNumber("dropped", endpoint.Dropped);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, Delivery delivery)
    {
        json.WriteStartObject();
        json.WriteString("id", delivery.MessageId);
        json.WriteNumber("sequence", delivery.Sequence);
        json.WriteString("event", delivery.EventType);
        json.WriteString("deviceId", delivery.DeviceId.Name);
        json.WriteString("state", delivery.State.ToString().ToLower(CultureInfo.InvariantCulture));
        json.WriteNumber("attempts", delivery.Attempts);
        if (delivery.LastStatus is { } status)
            json.WriteNumber("lastStatus", status);
        else
            json.WriteNull("lastStatus");
        json.WriteString("lastError", delivery.LastError);
        Envelope.WriteTime(json, "createdAt"u8, delivery.CreatedAt);
        Envelope.WriteTime(json, "lastAttemptAt"u8, delivery.LastAttemptAt);
        Envelope.WriteTime(json, "nextAttemptAt"u8, delivery.NextAttemptAt);
        Envelope.WriteTime(json, "endedAt"u8, delivery.EndedAt);
        json.WriteEndObject();
    }

    public static void WritePage<T>(Utf8JsonWriter json, IReadOnlyList<T> items, int offset, int limit, int total, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartObject();
        json.WriteStartArray("items");
        foreach (T item in items)
            write(json, item);
        json.WriteEndArray();
        json.WriteStartObject("pagination");
        json.WriteNumber("limit", limit);
        json.WriteNumber("offset", offset);
        json.WriteNumber("total", total);
        json.WriteBoolean("hasMore", offset + items.Count < total);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
