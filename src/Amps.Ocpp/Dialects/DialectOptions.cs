namespace Amps.Ocpp.Dialects;

/// <summary>Settings of the adapters.</summary>
public sealed record DialectOptions
{
    /// <summary>Heartbeat interval given at boot, seconds, &gt; 0 (OCPP 1.6 section 4.2; 2.x part 2, B01).</summary>
    public int HeartbeatIntervalSeconds { get; init; } = 300;

    /// <summary>Refuses what is only tolerated otherwise; for conformance runs.</summary>
    public bool StrictSchema { get; init; }
}
