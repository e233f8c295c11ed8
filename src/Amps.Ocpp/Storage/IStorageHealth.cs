namespace Amps.Ocpp.Storage;

/// <summary>Whether writes are taken at present; reads may go on while they are not.</summary>
public interface IStorageHealth
{
    /// <summary>False from the first failed commit until a write has reached the disk again.</summary>
    bool Available { get; }

    /// <summary>One line for the operator; null while available.</summary>
    string? Reason { get; }
}
