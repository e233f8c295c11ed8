namespace Amps.Ocpp.Actions;

/// <summary>Settings of the room, validated at start.</summary>
public sealed record ActionsOptions
{
    /// <summary>How long an action may take from dispatch to confirmation.</summary>
    public TimeSpan ConfirmationTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
