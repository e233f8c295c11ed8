namespace Amps.HardwareSim;

/// <summary>A message of the central system that is not what its action needs.</summary>
/// <param name="code">The error code of the version spoken that says so.</param>
/// <param name="message">What is wrong, for a reader.</param>
internal sealed class UnreadableException(string code, string message) : Exception(message)
{
    public string Code => code;
}
