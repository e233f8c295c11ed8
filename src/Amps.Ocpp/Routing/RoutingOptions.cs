namespace Amps.Ocpp.Routing;

/// <summary>Settings of the room.</summary>
public sealed record RoutingOptions
{
    /// <summary>Name of this node.</summary>
    public string NodeId { get; init; } = System.Environment.MachineName;

    /// <summary>Prefix of all topics.</summary>
    public string TopicPrefix { get; init; } = "amps/v1";

    /// <summary>Whether there may be other nodes; false = everything is here.</summary>
    public bool Shared { get; init; }

    /// <summary>How long a request may wait to be begun. The clocks of the nodes must agree better than this.</summary>
    public TimeSpan BeginLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>When a request without an answer is sent again, with the same correlation data.</summary>
    public TimeSpan RepeatAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an answer is remembered for repeated requests.</summary>
    public TimeSpan RememberFor { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often changes of other nodes are looked for without being told.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>What the way there and back may add to the limit of what is asked.</summary>
    public TimeSpan WayLimit { get; init; } = TimeSpan.FromSeconds(3);

    internal string CommandTopic(Model.ChargePointId chargePoint) => $"{TopicPrefix}/charge-points/{chargePoint.TopicLevel}/command";

    internal string AnswerTopic => $"{TopicPrefix}/nodes/{NodeId}/answers";
}
