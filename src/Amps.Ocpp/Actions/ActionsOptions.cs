namespace Amps.Ocpp.Actions;

/// <summary>Settings of the room, validated at start.</summary>
public sealed record ActionsOptions
{
    /// <summary>How long an action may take from dispatch to confirmation.</summary>
    public TimeSpan ConfirmationTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How late a scheduled action may still start after the service was away.</summary>
    public TimeSpan LatestStart { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long after its start the service waits for charge points to come back before it calls them absent.</summary>
    public TimeSpan ReconnectGrace { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long before its time an action of a shared store is put down.</summary>
    public TimeSpan LookAhead { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the storing of a dispatch may take at most: longer means that the process was stopped meanwhile.</summary>
    public TimeSpan LongestDispatch { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How often the end of a window is tried again while its charger is away.</summary>
    public TimeSpan WindowRetry { get; init; } = TimeSpan.FromSeconds(5);
}
