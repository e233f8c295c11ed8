using Amps.Ocpp.Model;

namespace Amps.Ocpp.Webhooks;

/// <summary>A URL of a customer's that is told events (canonical API, section 9; operator surface, section 2).</summary>
public sealed record WebhookEndpoint
{
    /// <summary><c>wh_…</c>.</summary>
    public required string Id { get; init; }

    public required string CustomerId { get; init; }

    public required ApiEnvironment Environment { get; init; }

    public required string Url { get; init; }

    /// <summary>The events it asked for, of <see cref="OutboxEventTypes"/>.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>The signing key as <see cref="SecretVault"/> sealed it.</summary>
    public required byte[] Secret { get; init; }

    /// <summary>The key before the last rotation, sealed; null = never rotated.</summary>
    public byte[]? PreviousSecret { get; init; }

    /// <summary>Until when the previous key signs too, UTC.</summary>
    public DateTimeOffset? PreviousUntil { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Since when nothing is sent and nothing new is queued, UTC; null = in use.</summary>
    public DateTimeOffset? DisabledAt { get; init; }

    /// <summary>Why it is not in use; one of <see cref="DisabledReasons"/>.</summary>
    public string? DisabledReason { get; init; }

    /// <summary>Deliveries given up because too many were waiting, ever (faults N12).</summary>
    public long Dropped { get; init; }
}

/// <summary>Why an endpoint was taken out of use.</summary>
public static class DisabledReasons
{
    /// <summary>It answered 410.</summary>
    public const string Gone = "gone";

    /// <summary>The last retry of a delivery failed and no other delivery got through meanwhile.</summary>
    public const string RetriesExhausted = "retries_exhausted";
}
