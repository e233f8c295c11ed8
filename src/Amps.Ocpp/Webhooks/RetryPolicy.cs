using Amps.Ocpp.Webhooks.Sending;

namespace Amps.Ocpp.Webhooks;

/// <summary>What follows from an attempt (canonical API, section 9; faults N1, N4, N5, N10).</summary>
internal static class RetryPolicy
{
    private const double Jitter = 0.1;

    /// <param name="attempts">Attempts that have ended, this one included.</param>
    /// <param name="random">0 to 1, for the jitter of ±10 %.</param>
    public static (DeliveryEnd End, TimeSpan Pause) Decide(AttemptResult result, int attempts, WebhooksOptions options, double random)
    {
        if (result.Error is null)
            return (DeliveryEnd.Delivered, default);
        if (result.Status == 410)
            return (DeliveryEnd.EndpointGone, default);
        if (attempts >= WebhooksOptions.Schedule.Count)
            return (DeliveryEnd.GiveUp, default);
        TimeSpan pause = WebhooksOptions.Schedule[attempts] * (1 - Jitter + (2 * Jitter * random));
        TimeSpan asked = Cap(result.RetryAfter, options);
        return (DeliveryEnd.Retry, asked > pause ? asked : pause);
    }

    /// <summary>What the receiver asked for, within what is honoured; zero = nothing.</summary>
    public static TimeSpan Cap(TimeSpan? retryAfter, WebhooksOptions options) =>
        retryAfter is not { } asked ? TimeSpan.Zero : asked < options.MaxRetryAfter ? asked : options.MaxRetryAfter;
}
