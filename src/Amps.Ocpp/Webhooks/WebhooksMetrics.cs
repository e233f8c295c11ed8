using System.Diagnostics.Metrics;

namespace Amps.Ocpp.Webhooks;

/// <summary>Figures of the meter <c>Amps.Ocpp.Webhooks</c>.</summary>
public sealed class WebhooksMetrics
{
    public const string MeterName = "Amps.Ocpp.Webhooks";

    private readonly Counter<long> _attempts;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _disabled;
    private readonly Histogram<double> _duration;

    public WebhooksMetrics(IMeterFactory factory)
    {
        Meter meter = factory.Create(MeterName);
        _attempts = meter.CreateCounter<long>("amps.webhooks.attempts", description: "Attempts that ended, by outcome.");
        _failed = meter.CreateCounter<long>("amps.webhooks.failed", description: "Deliveries given up after the last retry.");
        _dropped = meter.CreateCounter<long>("amps.webhooks.dropped", description: "Deliveries given up because too many were waiting.");
        _disabled = meter.CreateCounter<long>("amps.webhooks.endpoints.disabled", description: "Endpoints taken out of use.");
        _duration = meter.CreateHistogram<double>("amps.webhooks.attempt.duration", "s", "Begin to end of one attempt.");
    }

    public void Attempted(string? error, TimeSpan elapsed)
    {
        _attempts.Add(1, new KeyValuePair<string, object?>("outcome", error ?? "delivered"));
        _duration.Record(elapsed.TotalSeconds);
    }

    public void GivenUp() => _failed.Add(1);

    public void Dropped(int count) => _dropped.Add(count);

    public void Disabled() => _disabled.Add(1);
}
