using Amps.Ocpp.Model;

namespace Amps.Ocpp.Webhooks;

/// <summary>A delivery that this node may send until its lease ends.</summary>
/// <param name="Attempts">Attempts that have ended so far.</param>
/// <param name="FirstAttemptAt">When the first of them ended; null = none has.</param>
public sealed record ClaimedDelivery(
    long Sequence, string MessageId, string EventType, DeviceId DeviceId, byte[] Body, int Attempts, DateTimeOffset? FirstAttemptAt, WebhookEndpoint Endpoint);

/// <summary>What there is to do.</summary>
/// <param name="Endpoints">Endpoints with deliveries that are due and that nobody sends.</param>
/// <param name="Next">When the next one becomes due; null = none waits.</param>
public sealed record DueWork(IReadOnlyList<string> Endpoints, DateTimeOffset? Next);

/// <summary>What becomes of a delivery after an attempt.</summary>
public enum DeliveryEnd
{
    /// <summary>It has arrived; the next one of its device may go.</summary>
    Delivered,

    /// <summary>It is tried again later.</summary>
    Retry,

    /// <summary>It is given up; the endpoint goes out of use unless something else arrived since the first attempt.</summary>
    GiveUp,

    /// <summary>The endpoint goes out of use, and its queue with this delivery is kept.</summary>
    EndpointGone,
}

/// <summary>The end of one attempt.</summary>
/// <param name="NextAttemptAt">For <see cref="DeliveryEnd.Retry"/>.</param>
/// <param name="Status">HTTP status; null = no answer.</param>
/// <param name="Error">One of <see cref="AttemptErrors"/>; null = it has arrived.</param>
public sealed record AttemptRecord(
    ClaimedDelivery Delivery, string Node, DateTimeOffset At, DeliveryEnd End, DateTimeOffset? NextAttemptAt, int? Status, string? Error);

/// <summary>What the store was relieved of.</summary>
/// <param name="Dropped">Waiting deliveries given up because their endpoint had too many.</param>
/// <param name="Deleted">Ended ones forgotten.</param>
/// <param name="More">There may be more to do.</param>
public sealed record TidyOutcome(int Dropped, int Deleted, bool More);

/// <summary>How much is kept; see <see cref="WebhooksOptions"/>.</summary>
public sealed record TidyLimits(int MaxPending, int MaxFailed, DateTimeOffset DeliveredBefore, DateTimeOffset FailedBefore, int BatchSize);

/// <summary>
/// Durable queues of deliveries. Rows come from the writes that bring an event about, in the same step. Of each device only
/// the first waiting delivery of an endpoint is ever due, so that order holds (faults N13).
/// </summary>
/// <exception cref="StorageUnavailableException">The store is away; nothing was changed.</exception>
public interface IDeliveryStore
{
    /// <summary>
    /// Ends the leases of a node but those of the deliveries it is sending: what an earlier life left behind, and what a write took of which
    /// nobody heard whether it took place.
    /// </summary>
    /// <param name="kept">Sequence numbers of what is being sent.</param>
    Task ReleaseAsync(string node, IReadOnlyCollection<long> kept, CancellationToken cancellationToken);

    Task<DueWork> LookAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Leases up to so many due deliveries of each endpoint to this node.</summary>
    Task<IReadOnlyList<ClaimedDelivery>> ClaimAsync(
        IReadOnlyList<(string EndpointId, int Count)> wanted, string node, DateTimeOffset now, DateTimeOffset leaseUntil, CancellationToken cancellationToken);

    /// <summary>Stores the end of an attempt and ends its lease; true when the endpoint went out of use by it.</summary>
    Task<bool> FinishAsync(AttemptRecord attempt, CancellationToken cancellationToken);

    /// <summary>Gives a claimed delivery back without an attempt.</summary>
    Task ReturnAsync(ClaimedDelivery delivery, string node, CancellationToken cancellationToken);

    Task<DeliveryPage> ListAsync(string endpointId, int offset, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Makes a delivery due from the beginning, whatever has become of it, and puts its endpoint back into use; null when
    /// there is none.
    /// </summary>
    Task<Delivery?> ReplayAsync(string endpointId, string messageId, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Keeps the queues within their limits, one batch at a time.</summary>
    Task<TidyOutcome> TidyAsync(TidyLimits limits, DateTimeOffset now, CancellationToken cancellationToken);
}
