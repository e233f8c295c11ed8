namespace Amps.Ocpp.Nodes;

/// <summary>
/// One life of one node, from its start to its end. What a life began belongs to it; after its end, which others see by its lease,
/// another may take it over.
/// </summary>
public sealed class NodeLife(NodesOptions options)
{
    /// <summary>Name of the lease by which a node shows that it lives.</summary>
    public string LeaseName { get; } = $"node/{options.NodeId}";

    /// <summary>Never the same twice.</summary>
    public string Id => options.Life;

    /// <summary>Who owns what this life begins; null where no other node can be.</summary>
    public string? Owner => options.Shared ? Id : null;
}
