namespace Amps.Ocpp.Chargers;

/// <summary>The store refuses what a link tells, because the charge point has a newer one (faults C16): it is told again there.</summary>
public sealed class LinkSupersededException : Exception
{
    public LinkSupersededException() { }

    public LinkSupersededException(string message) : base(message) { }

    public LinkSupersededException(string message, Exception innerException) : base(message, innerException) { }
}
