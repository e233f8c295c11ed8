namespace Amps.Ocpp.Nodes;

/// <summary>Settings of the room.</summary>
public sealed record NodesOptions
{
    /// <summary>Name of this node; unique.</summary>
    public string NodeId { get; init; } = System.Environment.MachineName;

    /// <summary>Name of this life of the node, never the same twice; begins with <c>life:</c>.</summary>
    public string Life { get; init; } = $"life:{Guid.CreateVersion7():N}";

    /// <summary>Whether the store may be shared with other nodes; false = this process is alone, and nothing is leased.</summary>
    public bool Shared { get; init; }

    /// <summary>For how long a lease holds without renewal: what a dead node held is free after it.</summary>
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the work of dead nodes and what is due soon are looked for, and changes whose message was lost.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(1);
}
