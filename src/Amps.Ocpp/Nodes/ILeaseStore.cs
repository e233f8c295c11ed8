using Amps.Ocpp.Model;

namespace Amps.Ocpp.Nodes;

/// <summary>
/// Leases in the shared store: at most one holder of a name at a time, measured by the store's own clock, so that the nodes' clocks
/// need not agree.
/// </summary>
/// <exception cref="StorageUnavailableException">The store is away; nothing was changed.</exception>
public interface ILeaseStore
{
    /// <summary>Takes a lease that is free or has run out, or renews the holder's own; false = another holds it.</summary>
    Task<bool> TryTakeAsync(string name, string holder, TimeSpan time, CancellationToken cancellationToken);

    /// <summary>Takes a lease whoever holds it: a node's own name belongs to its newest life.</summary>
    Task TakeOverAsync(string name, string holder, TimeSpan time, CancellationToken cancellationToken);

    /// <summary>Gives one lease back, if the holder has it.</summary>
    Task ReleaseAsync(string name, string holder, CancellationToken cancellationToken);

    /// <summary>Gives back whatever the holder has.</summary>
    Task ReleaseAllAsync(string holder, CancellationToken cancellationToken);
}
