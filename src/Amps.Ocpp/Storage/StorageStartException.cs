namespace Amps.Ocpp.Storage;

/// <summary>
/// The store refuses to start; the message is one clear line for the operator. Nothing on disk was changed.
/// The process ends with an exit code other than 0.
/// </summary>
public sealed class StorageStartException : Exception
{
    public StorageStartException() { }

    public StorageStartException(string message) : base(message) { }

    public StorageStartException(string message, Exception innerException) : base(message, innerException) { }
}
