using Amps.Ocpp.Model;

namespace Amps.Ocpp.Webhooks;

/// <summary>Where a delivery stands.</summary>
public enum DeliveryState
{
    /// <summary>Waits for its turn, for its next attempt, or for its endpoint to be in use again.</summary>
    Pending,

    /// <summary>Answered with 2xx.</summary>
    Delivered,

    /// <summary>Given up; can be replayed by hand.</summary>
    Failed,
}

/// <summary>One event on its way to one endpoint, as the operator sees it. Times are UTC.</summary>
public sealed record Delivery
{
    /// <summary>Rises with each event; those of one device reach the endpoint in this order (faults N13).</summary>
    public required long Sequence { get; init; }

    public required string EndpointId { get; init; }

    /// <summary>The event's id, sent as <c>svix-id</c>; unique within the endpoint, so it also names the delivery.</summary>
    public required string MessageId { get; init; }

    public required string EventType { get; init; }

    public required DeviceId DeviceId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DeliveryState State { get; init; }

    public required int Attempts { get; init; }

    public DateTimeOffset? LastAttemptAt { get; init; }

    /// <summary>When it is tried next; null = it has ended, or an earlier one of its device goes first.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>HTTP status of the last attempt, if it was answered.</summary>
    public int? LastStatus { get; init; }

    /// <summary>Why the last attempt failed: one of <see cref="AttemptErrors"/>.</summary>
    public string? LastError { get; init; }

    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>One page of deliveries, newest first.</summary>
public sealed record DeliveryPage(IReadOnlyList<Delivery> Items, int Total);

/// <summary>Why an attempt failed.</summary>
public static class AttemptErrors
{
    /// <summary>Answered, but not with 2xx.</summary>
    public const string Status = "status";

    /// <summary>Not answered in time.</summary>
    public const string Timeout = "timeout";

    public const string NameNotResolved = "name_not_resolved";

    public const string ConnectionFailed = "connection_failed";

    public const string TlsFailed = "tls_failed";

    /// <summary>The URL leads where nothing may be sent (faults N7).</summary>
    public const string Blocked = "blocked";

    /// <summary>The stored secret cannot be opened with the key of this data directory.</summary>
    public const string SecretUnreadable = "secret_unreadable";

    /// <summary>Never sent: too many were waiting (faults N12).</summary>
    public const string Dropped = "dropped";
}
