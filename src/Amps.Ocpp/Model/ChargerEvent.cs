namespace Amps.Ocpp.Model;

/// <summary>A fact about one charger. <see cref="ChargerState.Apply"/> is the only place that gives it a meaning.</summary>
/// <param name="At">When this service learned of it, UTC; freshness is judged by our own clock (quirk Q27).</param>
public abstract record ChargerEvent(DateTimeOffset At);

/// <summary>The connector told its status.</summary>
/// <param name="ErrorCode">The charger's error code; null for <c>NoError</c>.</param>
public sealed record StatusReported(DateTimeOffset At, ConnectorStatus Status, string? ErrorCode) : ChargerEvent(At);

/// <summary>The connector told meter values, already in kW, A, V, kWh.</summary>
/// <param name="TransactionId">The transaction they were told for; null = none named.</param>
public sealed record MeterReported(DateTimeOffset At, MeterSample Sample, string? TransactionId = null) : ChargerEvent(At);

/// <summary>A transaction was opened and has its id.</summary>
/// <param name="Plugged">A vehicle is there; a 2.x transaction may begin before it comes.</param>
public sealed record TransactionOpened(DateTimeOffset At, OpenTransaction Transaction, bool Plugged = true) : ChargerEvent(At);

/// <summary>A running transaction was authorised, or lost its authorisation without ending (2.x).</summary>
/// <param name="IdTag">As presented; null = none was.</param>
/// <param name="ByService">It happened because this service asked for it.</param>
public sealed record TransactionAuthorised(DateTimeOffset At, string TransactionId, bool Waiting, string? IdTag, bool ByService) : ChargerEvent(At);

/// <summary>A transaction ended.</summary>
/// <param name="ByService">It ended because this service asked for it.</param>
/// <param name="MeterStopKwh">Register at the end.</param>
/// <param name="Reason">The charge point's own word for why (OCPP 1.6 section 7.36, Reason); null = none.</param>
public sealed record TransactionClosed(
    DateTimeOffset At, string TransactionId, bool ByService, double? MeterStopKwh, string? Reason = null) : ChargerEvent(At)
{
    /// <summary>Reason of an end that nobody told: this service took it for ended (quirk Q45).</summary>
    public const string Inferred = "Inferred";
}

/// <summary>An <c>idle</c> holds the session, or the hold was lifted.</summary>
/// <param name="Stopped">The charger itself shows that nothing may flow, whatever was measured before.</param>
public sealed record HoldChanged(DateTimeOffset At, bool Held, bool Stopped = false) : ChargerEvent(At);

/// <summary>The charger accepted a limit, or shows one by itself.</summary>
/// <param name="Kilowatts">The cap in force; null = none of ours.</param>
/// <param name="Phases">Phases it is for; null = those of the installation.</param>
public sealed record CapApplied(DateTimeOffset At, double? Kilowatts, int? Phases = null) : ChargerEvent(At);

/// <summary>The electrical frame of the charger became known or changed.</summary>
public sealed record RatingChanged(DateTimeOffset At, ChargerRating Rating) : ChargerEvent(At);

/// <summary>A transaction that runs.</summary>
/// <param name="Id">Our id (1.6) or the station's (2.x), as text.</param>
/// <param name="IdTag">As presented.</param>
/// <param name="StartedAt">The charge point's own time; default = nobody told.</param>
/// <param name="MeterStartKwh">Register at its start; null = not known.</param>
/// <param name="Waiting">It runs since plug-in and no energy is offered before somebody is authorised (2.x, TxStartPoint).</param>
public sealed record OpenTransaction(string Id, string IdTag, DateTimeOffset StartedAt, double? MeterStartKwh = null, bool Waiting = false);

/// <summary>The electrical frame of a charger; null = unknown.</summary>
/// <param name="PowerKw">Rated maximum, kW.</param>
/// <param name="Phases">1 or 3.</param>
/// <param name="NominalVoltage">Phase to neutral, V.</param>
public sealed record ChargerRating(double? PowerKw, int? Phases, double NominalVoltage = 230)
{
    /// <summary>A per phase at the rated maximum; null when the rating is unknown.</summary>
    public double? CurrentPerPhase => PowerKw is { } kw ? Math.Round(kw * 1000 / (NominalVoltage * (Phases ?? 3)), 1) : null;
}
