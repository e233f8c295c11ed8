namespace Amps.Ocpp.Telemetry;

/// <summary>Settings of the room.</summary>
public sealed record TelemetryOptions
{
    /// <summary>Prefix of all topics.</summary>
    public string TopicPrefix { get; init; } = "amps/v1";

    /// <summary>Name of this node in what is published.</summary>
    public string NodeId { get; init; } = System.Environment.MachineName;

    /// <summary>Messages without memory (events, samples) that may wait; beyond it the oldest are dropped and counted.</summary>
    public int MaxWaiting { get; init; } = 10_000;
}
