namespace Amps.Ocpp.Webhooks;

/// <summary>Settings of the room, validated at start.</summary>
public sealed record WebhooksOptions
{
    /// <summary>Endpoints of one customer, of both environments together: each event is queued once for each.</summary>
    public const int MaxEndpointsPerCustomer = 20;

    /// <summary>Pauses before each attempt of a delivery, the first at once (canonical API, section 9).</summary>
    public static IReadOnlyList<TimeSpan> Schedule { get; } =
    [
        TimeSpan.Zero, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2),
        TimeSpan.FromHours(5), TimeSpan.FromHours(10), TimeSpan.FromHours(10),
    ];

    /// <summary>Plain http is taken too.</summary>
    public bool AllowInsecure { get; init; }

    /// <summary>Loopback, private and other addresses that are not public are taken too.</summary>
    public bool AllowPrivateNetworks { get; init; }

    public string NodeId { get; init; } = System.Environment.MachineName;

    public string DataDirectory { get; init; } = "data";

    /// <summary>From the request to the status of the answer.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longer than an attempt can last, so that no other node sends what is being sent.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>What is due is looked at again at least this often: another node's lease may have run out, the clock may have been set.</summary>
    public TimeSpan LongestSleep { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest <c>Retry-After</c> that is honoured (faults N5).</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long the secret before a rotation goes on signing (faults N11).</summary>
    public TimeSpan RotationOverlap { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Attempts under way to one endpoint; to one whose last attempt failed it is one.</summary>
    public int MaxPerEndpoint { get; init; } = 8;

    /// <summary>Attempts under way in all.</summary>
    public int MaxInFlight { get; init; } = 256;

    /// <summary>Deliveries that may wait for one endpoint; beyond, the oldest are given up (faults N12).</summary>
    public int MaxPending { get; init; } = 10_000;

    /// <summary>Given-up deliveries kept of one endpoint.</summary>
    public int MaxFailed { get; init; } = 10_000;

    public TimeSpan KeepDelivered { get; init; } = TimeSpan.FromDays(7);

    public TimeSpan KeepFailed { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How often the queues are kept within their limits.</summary>
    public TimeSpan TidyInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long attempts under way may go on when the service goes down.</summary>
    public TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(3);
}
