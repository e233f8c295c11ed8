using System.Globalization;

namespace Amps.Ocpp.Model;

/// <summary>Something that webhook endpoints of a customer may have asked to be told (canonical API, section 9).</summary>
/// <param name="Id"><c>msg_…</c>, sorts by time: the idempotency key of every delivery of this event.</param>
/// <param name="Type">One of <see cref="OutboxEventTypes"/>.</param>
/// <param name="CustomerId">Only endpoints of this customer,</param>
/// <param name="Environment">and of this environment, are told.</param>
/// <param name="DeviceId">Events of one device reach an endpoint in the order in which they were stored.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="Body">What is sent: JSON in UTF-8, the same bytes at every attempt.</param>
public sealed record OutboxEvent(
    string Id,
    string Type,
    string CustomerId,
    ApiEnvironment Environment,
    DeviceId DeviceId,
    DateTimeOffset CreatedAt,
    byte[] Body)
{
    /// <summary>A new id for an event of <paramref name="now"/> (UUID version 7, RFC 9562).</summary>
    public static string NewId(DateTimeOffset now) => "msg_" + Guid.CreateVersion7(now).ToString("N");

    /// <summary>A time as bodies show it: ISO 8601 UTC, milliseconds, <c>Z</c>.</summary>
    public static string? TimeText(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>The events of the canonical API (section 9).</summary>
public static class OutboxEventTypes
{
    public const string PushCompleted = "push.completed";
    public const string PushFailed = "push.failed";
    public const string DeviceConnected = "device.connected";
    public const string DeviceDisconnected = "device.disconnected";
    public const string DeviceReconnected = "device.reconnected";

    public static IReadOnlyList<string> All { get; } = [PushCompleted, PushFailed, DeviceConnected, DeviceDisconnected, DeviceReconnected];
}
