namespace Amps.Ocpp.Gateway;

/// <summary>What becomes of a charge point that nobody registered (charger behaviour, section 2).</summary>
public enum AdmissionPolicy
{
    /// <summary>Taken in, its boot answered with <c>Pending</c>, listed for the operator.</summary>
    Pending,

    /// <summary>Taken in and accepted.</summary>
    Open,

    /// <summary>404 at the handshake.</summary>
    Closed,
}

/// <summary>Settings of the room (operator surface, <c>Amps:Ocpp</c>), validated at start.</summary>
public sealed record GatewayOptions
{
    public AdmissionPolicy Admission { get; init; } = AdmissionPolicy.Pending;

    /// <summary>How long a charge point may take to answer a call, unless its record says otherwise.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A load balancer tells each connection's address by version 2 of the PROXY protocol; needed from everywhere but this machine.</summary>
    public bool ProxyProtocol { get; init; }

    /// <summary>How long the present link of an unprotected charge point may take to prove that it lives (faults, "Duplicate connection").</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Messages a second that a charge point may send for long; 0: no limit. Far more than one with many connectors tells, and
    /// at 27 µs each a small part of one core; what it kept of a month offline is taken within half a minute.
    /// </summary>
    public int MessagesPerSecond { get; init; } = 2000;

    /// <summary>Messages that may come at once beyond it.</summary>
    public int MessageBurst { get; init; } = 2000;

    /// <summary>Messages of more than 16 KiB that may be in memory at once; each takes at most 512 KiB.</summary>
    public int MaxLargeMessages { get; init; } = 128;

    /// <summary>Over how long the links are closed when the service goes down.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Charge points waiting for the operator's word at most; more are turned away with 503.</summary>
    public int MaxPending { get; init; } = 1000;
}
