namespace Amps.Ocpp.Model;

/// <summary>The store did not take or give what was asked for; nothing was half done. Becomes 503 <c>SERVICE_UNAVAILABLE</c>.</summary>
public sealed class StorageUnavailableException : Exception
{
    public StorageUnavailableException() { }

    public StorageUnavailableException(string message) : base(message) { }

    public StorageUnavailableException(string message, Exception innerException) : base(message, innerException) { }
}
