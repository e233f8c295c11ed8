namespace Amps.HardwareSim;

/// <summary>What goes wrong with the next remote start or stop; used up by it.</summary>
public enum CommandFault
{
    /// <summary>Nothing: it is obeyed.</summary>
    None,

    /// <summary>It is answered with <c>Rejected</c>.</summary>
    Reject,

    /// <summary>It is never answered.</summary>
    Silence,

    /// <summary>The link goes instead of an answer, and comes back by itself.</summary>
    LinkLoss,

    /// <summary>It is accepted, and the connector goes faulted instead of obeying.</summary>
    Fault,
}
