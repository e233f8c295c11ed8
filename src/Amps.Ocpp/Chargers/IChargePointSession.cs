using System.Text.Json;

namespace Amps.Ocpp.Chargers;

/// <summary>How a charge point took a call, in version-neutral words.</summary>
public enum CallStatus
{
    /// <summary>The charge point said yes.</summary>
    Accepted,

    /// <summary>The charge point said no.</summary>
    Rejected,

    /// <summary>The charge point does not know the call, or not in this form.</summary>
    NotSupported,

    /// <summary>It answered with something that the standard does not allow.</summary>
    Invalid,

    /// <summary>It did not answer in time; the call may have had its effect.</summary>
    TimedOut,

    /// <summary>The link went down; when the call had been sent it may have had its effect.</summary>
    LinkLost,

    /// <summary>Too many calls are waiting for this charge point; nothing was sent.</summary>
    Busy,
}

/// <summary>An answer to a call.</summary>
/// <param name="Status">What it amounts to.</param>
/// <param name="Sent">False when nothing went out on the wire.</param>
/// <param name="Reason">Why, in the charge point's own words; null = it gave none.</param>
public readonly record struct CallAnswerSummary(CallStatus Status, bool Sent = true, string? Reason = null)
{
    public bool Accepted => Status == CallStatus.Accepted;
}

/// <summary>A limit as the service wants it.</summary>
/// <param name="ConnectorId">Connector or EVSE, ≥ 1.</param>
/// <param name="Kilowatts">≥ 0.</param>
/// <param name="TransactionId">The running transaction for a limit of that transaction; null for the connector's default.</param>
/// <param name="Phases">Phases of the installation; null = unknown.</param>
/// <param name="NominalVoltage">V, phase to neutral.</param>
/// <param name="MeasuredVoltage">V, newest; null = none.</param>
public sealed record LimitRequest(
    int ConnectorId,
    double Kilowatts,
    string? TransactionId,
    int? Phases,
    double NominalVoltage,
    double? MeasuredVoltage)
{
    /// <summary>The form that this connector accepted last had no effect: it is to be written in another one.</summary>
    public bool LastFormIgnored { get; init; }

    /// <summary>Asked before each form goes out: false = a newer limit is wanted by now, nothing more of this one is to be sent. Null = always.</summary>
    public Func<bool>? StillWanted { get; init; }

    /// <summary>The limit wanted by now, for a charge point that was made to forget the one before and must not be left without. Null = this one.</summary>
    public Func<LimitRequest>? Newest { get; init; }
}

/// <summary>What a charge point says is its limit now.</summary>
/// <param name="Amperes">A per phase, when it answered in A.</param>
/// <param name="Watts">W, when it answered in W.</param>
/// <param name="Phases">Phases the limit is about, when told.</param>
public sealed record LimitReading(double? Amperes, double? Watts, int? Phases);

/// <summary>What may be asked of a charge point out of turn.</summary>
public enum TriggerKind
{
    Boot,
    Status,
    Meter,
}

/// <summary>The result of an operator's own call (operator surface, section 2).</summary>
/// <param name="ResultJson">The answer's payload; null when it was not a result.</param>
/// <param name="ErrorCode">The CALLERROR's code, or <c>Timeout</c>, <c>LinkLost</c>, <c>Busy</c>.</param>
public sealed record OperatorCallOutcome(string? ResultJson, string? ErrorCode = null, string? ErrorDescription = null, string? ErrorDetailsJson = null);

/// <summary>A call that the connection's version does not know or whose payload breaks its schema; nothing was sent.</summary>
/// <param name="Path">JSON pointer into the payload; null for the action itself.</param>
public sealed record CallRefusal(string? Path, string Message);

/// <summary>Names of the messages by which a charge point shows that a transaction began, that it ended, and what it does meanwhile.</summary>
public sealed record EffectMessages(string Started, string Ended, string Status);

/// <summary>
/// One live link to a charge point, version-neutral: the port that each OCPP adapter implements (charger behaviour, section 1).
/// Calls go out in order, one at a time; no method throws for an expected end.
/// </summary>
public interface IChargePointSession
{
    /// <summary>The version's name as the operator sees it, e.g. <c>1.6</c>.</summary>
    string OcppVersion { get; }

    /// <summary>Ownership number of this link; the highest of a charge point is the one in force.</summary>
    long Generation { get; }

    /// <summary>The messages of this version that show what a command did, for the outcome's own words.</summary>
    EffectMessages Effects { get; }

    /// <summary>Asks for a transaction; with a limit the transaction starts under it.</summary>
    Task<CallAnswerSummary> StartAsync(int connectorId, string idTag, LimitRequest? limit, CancellationToken cancellationToken);

    Task<CallAnswerSummary> StopAsync(string transactionId, CancellationToken cancellationToken);

    /// <summary>Sets a limit, trying the forms that charge points are known to take; what worked is learned.</summary>
    Task<CallAnswerSummary> SetLimitAsync(LimitRequest limit, CancellationToken cancellationToken);

    /// <summary>Takes back the limit of a transaction alone; the connector's own limit stays (quirk Q73).</summary>
    Task<CallAnswerSummary> ClearTransactionLimitAsync(int connectorId, CancellationToken cancellationToken);

    /// <summary>Sets the limit of the charge point with all of its connectors, in one form; the limits of the connectors stay.</summary>
    Task<CallAnswerSummary> SetStationLimitAsync(LimitRequest limit, CancellationToken cancellationToken);

    Task<CallAnswerSummary> ClearStationLimitAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Clears limits that other systems left, as central systems, for one connector or, without one, for the charge point with all of
    /// its connectors; what is limited from outside (an energy manager, the grid) stays (quirk Q74).
    /// </summary>
    Task<ForeignClearing> ClearForeignLimitsAsync(int? connectorId, CancellationToken cancellationToken);

    /// <summary>The limit in force as the charge point computes it; null when it does not tell.</summary>
    Task<LimitReading?> ReadLimitAsync(int connectorId, bool inWatts, CancellationToken cancellationToken);

    /// <summary>What the charge point keeps of the limit that was set: the connector's own, or the one of a transaction; null when nothing tells.</summary>
    Task<StoredLimit?> ReadStoredLimitAsync(int connectorId, string? transactionId, CancellationToken cancellationToken);

    /// <summary>Asks the charge point to report; its report comes by itself.</summary>
    Task<CallAnswerSummary> TriggerAsync(TriggerKind kind, int? connectorId, CancellationToken cancellationToken);

    /// <summary>Has the charger tell its status, as far as it was not told since then; it comes by itself, or is read where it cannot be asked for.</summary>
    Task AskForStatusAsync(int connectorId, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Reads the few settings the service needs and changes only what differs.</summary>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Asks for the sampling that a running transaction deserves; a refusal is fine.</summary>
    Task SampleFasterAsync(CancellationToken cancellationToken);

    /// <summary>An operator's call, checked against the version's schema before sending.</summary>
    Task<(OperatorCallOutcome? Outcome, CallRefusal? Refusal)> CallAsync(string action, JsonElement payload, TimeSpan? timeout, CancellationToken cancellationToken);

    /// <summary>True if anything comes in within the time, after a ping.</summary>
    Task<bool> ProbeAsync(TimeSpan limit);

    /// <summary>Closes the link; its open calls end as lost.</summary>
    void Close(SessionEnd reason);
}

/// <summary>Why this service closes a link.</summary>
public enum SessionEnd
{
    /// <summary>A newer link of the same charge point took over.</summary>
    Replaced,

    /// <summary>The service is going down.</summary>
    ShuttingDown,

    /// <summary>The operator removed the charge point or refused it.</summary>
    Removed,
}
