using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>What a message lets one guess of a transaction.</summary>
public enum TransactionHintKind
{
    /// <summary>It started a while ago and was told only now: it may run, or its end is still to be told.</summary>
    StartedInThePast,

    /// <summary>Its end was told; it was not the running one.</summary>
    EndedInThePast,

    /// <summary>The charger names it as running now.</summary>
    Mentioned,

    /// <summary>It may have ended: the charger told an end that names no transaction.</summary>
    EndSuspected,

    /// <summary>The store knows it as this charger's, or nobody does.</summary>
    LookedUp,

    /// <summary>It was not ended for a while, so it runs.</summary>
    StillOpen,

    /// <summary>The charger was free for a while, so it is over.</summary>
    Abandoned,
}

/// <summary>A hint about a transaction of a charger; no fact, so the state does not change by it alone (quirks Q41 to Q45).</summary>
public sealed record TransactionHint(DateTimeOffset At, TransactionHintKind Kind, OpenTransaction Transaction) : ChargerEvent(At);
