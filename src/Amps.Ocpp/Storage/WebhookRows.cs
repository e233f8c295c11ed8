using System.Data.Common;
using Amps.Ocpp.Model;
using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Webhooks;

namespace Amps.Ocpp.Storage;

/// <summary>Endpoints and deliveries as rows.</summary>
internal static class WebhookRows
{
    public const string EndpointColumns =
        "id, customer_id, environment, url, events, secret, previous_secret, previous_until, created_at, disabled_at, disabled_reason, dropped";

    public const string DeliveryColumns = """
        sequence, endpoint_id, message_id, event_type, device_id, created_at, state, attempts, last_attempt_at,
        next_attempt_at, last_status, last_error, ended_at
        """;

    public const string ClaimColumns = "sequence, message_id, event_type, device_id, body, attempts, first_attempt_at";

    /// <summary>Names with a blank on each side, so that one is found by a part of the text.</summary>
    public static string ToColumn(IReadOnlyList<string> events) => $" {string.Join(' ', events)} ";

    public static WebhookEndpoint ReadEndpoint(DbDataReader row) => new()
    {
        Id = row.GetString(0),
        CustomerId = row.GetString(1),
        Environment = EnumText<ApiEnvironment>.Parse(row.GetString(2)),
        Url = row.GetString(3),
        Events = row.GetString(4).Split(' ', StringSplitOptions.RemoveEmptyEntries),
        Secret = row.GetBytes(5)!,
        PreviousSecret = row.GetBytes(6),
        PreviousUntil = row.GetTimeOrNull(7),
        CreatedAt = row.GetTime(8),
        DisabledAt = row.GetTimeOrNull(9),
        DisabledReason = row.GetText(10),
        Dropped = row.GetInt64(11),
    };

    public static Delivery ReadDelivery(DbDataReader row) => new()
    {
        Sequence = row.GetInt64(0),
        EndpointId = row.GetString(1),
        MessageId = row.GetString(2),
        EventType = row.GetString(3),
        DeviceId = new DeviceId(row.GetString(4)),
        CreatedAt = row.GetTime(5),
        State = EnumText<DeliveryState>.Parse(row.GetString(6)),
        Attempts = (int)row.GetInt64(7),
        LastAttemptAt = row.GetTimeOrNull(8),
        NextAttemptAt = row.GetTimeOrNull(9),
        LastStatus = row.IsDBNull(10) ? null : (int)row.GetInt64(10),
        LastError = row.GetText(11),
        EndedAt = row.GetTimeOrNull(12),
    };

    public static ClaimedDelivery ReadClaimed(DbDataReader row, WebhookEndpoint endpoint) => new(
        row.GetInt64(0), row.GetString(1), row.GetString(2), new DeviceId(row.GetString(3)), row.GetBytes(4)!, (int)row.GetInt64(5), row.GetTimeOrNull(6), endpoint);
}
