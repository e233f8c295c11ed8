namespace Amps.Ocpp.Ocppj.Link;

/// <summary>When links are pinged and when they count as dead.</summary>
public sealed record LivenessOptions
{
    /// <summary>Time between two pings of one link, in whole seconds.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A link that brought no byte for so long is dropped; noticed at most a quarter of the ping interval later.</summary>
    public TimeSpan DeadAfter { get; init; } = TimeSpan.FromSeconds(45);
}
