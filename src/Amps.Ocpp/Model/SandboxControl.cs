namespace Amps.Ocpp.Model;

/// <summary>What is to become of a sandbox push (canonical API, section 8).</summary>
public enum SandboxOutcome
{
    /// <summary>The charger is brought into a state in which the command has its effect.</summary>
    Complete,

    /// <summary>The charger says no.</summary>
    Reject,

    /// <summary>The charger does not answer.</summary>
    Timeout,

    /// <summary>The link goes when the command comes.</summary>
    Offline,

    /// <summary>The charger goes faulted when the command comes.</summary>
    Fault,
}

/// <summary>The <c>sandbox</c> object of a push.</summary>
/// <param name="Outcome">Null = whatever the simulated charger makes of the command.</param>
/// <param name="DelayMs">How long the command is under way to the charger, 0 to 180000.</param>
public sealed record SandboxControl(SandboxOutcome? Outcome, int DelayMs);
