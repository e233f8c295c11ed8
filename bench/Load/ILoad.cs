namespace Amps.Ocpp.Bench.Load;

/// <summary>A closed loop: every client has one request under way at a time.</summary>
internal interface ILoad
{
    /// <summary>Runs for the time given and returns how many answers came.</summary>
    Task<long> RunAsync(TimeSpan length);
}
