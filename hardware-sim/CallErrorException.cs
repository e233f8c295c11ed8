namespace Amps.HardwareSim;

/// <summary>The central system answered a call with a CALLERROR.</summary>
public sealed class CallErrorException : Exception
{
    public CallErrorException() { }

    public CallErrorException(string message) : base(message) { }

    public CallErrorException(string message, Exception innerException) : base(message, innerException) { }
}
