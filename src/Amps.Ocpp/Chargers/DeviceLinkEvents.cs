using System.Text.Json;
using System.Text.Json.Serialization;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers;

/// <summary>A device's coming and going as webhooks tell it (canonical API, section 9).</summary>
internal static class DeviceLinkEvents
{
    /// <param name="happenedAt">When the link came or went.</param>
    public static OutboxEvent Of(string type, DeviceEntry device, string customerId, DateTimeOffset happenedAt, DateTimeOffset now)
    {
        var body = new DeviceLinkBody
        {
            DeviceId = device.Device.Id.Name,
            Timestamp = OutboxEvent.TimeText(happenedAt)!,
        };
        return new OutboxEvent(
            OutboxEvent.NewId(now),
            type,
            customerId,
            device.ChargePoint.Environment,
            device.Device.Id,
            now,
            JsonSerializer.SerializeToUtf8Bytes(body, DeviceLinkJson.Default.DeviceLinkBody));
    }
}

/// <summary>The body; its members are in the order in which they are written.</summary>
internal sealed record DeviceLinkBody
{
    public required string DeviceId { get; init; }

    public string DeviceType { get; init; } = DeviceTypes.EvCharger;

    public required string Timestamp { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DeviceLinkBody))]
internal sealed partial class DeviceLinkJson : JsonSerializerContext;
