using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers;

/// <summary>Settings of the room, validated at start.</summary>
public sealed record ChargersOptions
{
    /// <summary>Name of this node in what is published.</summary>
    public string NodeId { get; init; } = System.Environment.MachineName;

    /// <summary>Whether other nodes may hold charge points, too.</summary>
    public bool Shared { get; init; }

    public IdleStrategy IdleStrategy { get; init; } = IdleStrategy.RemoteStop;

    /// <summary>How long a command may take from dispatch to confirmation.</summary>
    public TimeSpan ConfirmationTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Silence about its boot after which a charge point is asked for it (quirk Q01).</summary>
    public TimeSpan BootTriggerAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The same for one that is known to boot only when it is asked.</summary>
    public TimeSpan KnownBootTriggerAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a charge point that tells other things is waited for once its boot was asked for.</summary>
    public TimeSpan BootGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>When a link counts as ready at the latest.</summary>
    public TimeSpan ReadyAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a charge point may take to tell its statuses by itself before it is asked (quirk Q05).</summary>
    public TimeSpan StatusTriggerAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Least time between two persistent limit writes to one connector (quirk Q79).</summary>
    public TimeSpan LimitWriteInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether the caps of all connectors together are written for the charge point as a whole, where the operator says nothing of it.</summary>
    public bool UseStationMaxProfile { get; init; }

    /// <summary>Whether limits that other systems left are cleared, where the operator says nothing of the charge point itself (quirk Q74).</summary>
    public bool ClearForeignProfiles { get; init; }

    /// <summary>First pause before a limit is tried again that the charge point did not take; doubled each time.</summary>
    public TimeSpan LimitRetryAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Longest pause between two tries.</summary>
    public TimeSpan LimitRetryAtMost { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a charger may be seen above its cap before it gets it again (charger behaviour, section 5).</summary>
    public TimeSpan DriftPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a charger must be free and without power before its open transaction counts as ended (quirk Q45).</summary>
    public TimeSpan InferEndAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A device gone for longer than this is told as disconnected (canonical API, section 9).</summary>
    public TimeSpan LinkGrace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often links that changed are looked at.</summary>
    public TimeSpan LinkSweep { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Items that may wait in one mailbox.</summary>
    public int MailboxCapacity { get; init; } = 256;
}
