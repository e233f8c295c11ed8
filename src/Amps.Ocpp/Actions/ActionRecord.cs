using System.Text.Json.Serialization;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Actions;

/// <summary>State of an action (canonical API, section 5). <see cref="Scheduled"/> and <see cref="Acknowledged"/> are not terminal.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ActionState>))]
public enum ActionState
{
    [JsonStringEnumMemberName("scheduled")] Scheduled,
    [JsonStringEnumMemberName("acknowledged")] Acknowledged,
    [JsonStringEnumMemberName("completed")] Completed,
    [JsonStringEnumMemberName("failed")] Failed,
    [JsonStringEnumMemberName("cancelled")] Cancelled,
}

/// <summary>How an action ended; null until then and after a cancel.</summary>
public sealed record ActionResult
{
    public required bool Success { get; init; }

    public required string Message { get; init; }

    /// <summary>The charger's message that showed the effect.</summary>
    public string? ConfirmedBy { get; init; }

    public string? TransactionId { get; init; }

    /// <summary>For <c>idle</c>: whether the session is held so that <c>charge</c> resumes it.</summary>
    public bool? SessionHeld { get; init; }

    /// <summary><c>unknown</c> when the call was sent and never answered.</summary>
    public string? Outcome { get; init; }
}

/// <summary>An action as it is kept. Times are UTC.</summary>
public sealed record ActionRecord
{
    public required ActionId Id { get; init; }

    public required DeviceId DeviceId { get; init; }

    public required ChargePointId ChargePoint { get; init; }

    public required int ConnectorId { get; init; }

    public required string CustomerId { get; init; }

    public string? UserId { get; init; }

    public required ApiEnvironment Environment { get; init; }

    public required ChargerCommand Command { get; init; }

    public required ActionState State { get; init; }

    public ActionResult? Result { get; init; }

    public string? ErrorCode { get; init; }

    public string? ErrorMessage { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>When it was handed to the charge point's mailbox for sending: from then on its outcome may be unknown.</summary>
    public DateTimeOffset? DispatchedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>When a scheduled push fires; null = immediate.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>When a window ends; null = it holds.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>What a sandbox push asked of the simulated charge point; not shown to apps.</summary>
    public SandboxControl? Sandbox { get; init; }

    /// <summary>
    /// Which life of which node carries it out, or carried it out; null while nobody does, and where there is one node only. Not shown
    /// to apps.
    /// </summary>
    public string? Node { get; init; }

    /// <summary>When the end of the window was dealt with; not shown to apps.</summary>
    public DateTimeOffset? WindowClosedAt { get; init; }
}
