using System.Text.Json;
using System.Text.Json.Serialization;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Recording;

namespace Amps.Ocpp.Routing;

/// <summary>What one node asks of another.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NodeRequestKind>))]
internal enum NodeRequestKind
{
    /// <summary>Carry out a canonical command.</summary>
    Command,

    /// <summary>Give up waiting for the command of the same correlation data.</summary>
    Cancel,

    /// <summary>Send an operator's call.</summary>
    Call,

    /// <summary>Ask the charger for its state now.</summary>
    Refresh,

    /// <summary>Tell of the link.</summary>
    Look,

    /// <summary>Ready a simulated charge point for what a sandbox push asks of it.</summary>
    Prepare,

    /// <summary>Tell the charge point a new password.</summary>
    Password,

    /// <summary>Read the flight recorder.</summary>
    Frames,

    /// <summary>Find out whether the link lives.</summary>
    Probe,
}

/// <summary>A request on a charge point's own topic. Internal to the nodes; <see cref="Version"/> rises when it changes its meaning.</summary>
internal sealed record NodeRequest
{
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required NodeRequestKind Kind { get; init; }

    /// <summary>Generation of the link that the asking node knows; a holder of an older one is no holder any more.</summary>
    public long Generation { get; init; }

    /// <summary>UTC; what was not begun by then is not begun any more, since the asking node has given up.</summary>
    public DateTimeOffset BeginBefore { get; init; }

    public int ConnectorId { get; init; }

    public ChargerCommand? Command { get; init; }

    public string? Action { get; init; }

    public JsonElement? Payload { get; init; }

    public SandboxControl? Sandbox { get; init; }

    public string? Password { get; init; }

    public int? Count { get; init; }

    /// <summary>How long the charge point may take.</summary>
    public int? LimitMilliseconds { get; init; }
}

/// <summary>An answer on the asking node's topic.</summary>
internal sealed record NodeAnswer
{
    public int Version { get; init; } = NodeRequest.CurrentVersion;

    /// <summary>It has begun; the answer proper follows.</summary>
    public bool Begun { get; init; }

    /// <summary>Nothing was begun: the charge point is not connected here (any more), or it was too late.</summary>
    public bool Offline { get; init; }

    public CommandOutcome? Outcome { get; init; }

    public OperatorCallOutcome? Call { get; init; }

    public CallRefusal? Refusal { get; init; }

    public ChargerSnapshot? Snapshot { get; init; }

    public LinkView? Link { get; init; }

    /// <summary>How the charge point took the new password.</summary>
    public CallAnswerSummary? Taken { get; init; }

    public IReadOnlyList<RecordedFrame>? Frames { get; init; }

    public bool? Alive { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NodeRequest))]
[JsonSerializable(typeof(NodeAnswer))]
internal sealed partial class NodeJson : JsonSerializerContext;
