namespace Amps.Ocpp.Sandbox;

/// <summary>Settings of the room.</summary>
public sealed record SandboxOptions
{
    /// <summary>Where the service's own charge point endpoint is, without identity, e.g. <c>ws://127.0.0.1:9000/ocpp</c>.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>Folder for what simulated charge points keep.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>A sandbox that nobody used for so long is stopped.</summary>
    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How often that is looked at.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the first request waits for the charge points of its sandbox to be there.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Sandboxes that run at once; beyond it the one unused for longest is stopped.</summary>
    public int MaxRunning { get; init; } = 200;
}
