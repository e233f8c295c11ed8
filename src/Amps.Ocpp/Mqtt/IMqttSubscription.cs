namespace Amps.Ocpp.Mqtt;

/// <summary>One filter that this client listens to, across reconnects, until disposed.</summary>
public interface IMqttSubscription : IAsyncDisposable
{
    string Filter { get; }

    /// <summary>
    /// Completes with the broker's first answer: true = granted, false = refused. A refused filter is asked for again every
    /// <see cref="MqttOptions.RefusedRetry"/>. Pending while there is no broker; cancelled when disposed before an answer.
    /// </summary>
    Task<bool> Acknowledged { get; }

    /// <summary>True while the broker serves this filter on the present link.</summary>
    bool Granted { get; }

    /// <summary>
    /// Messages lost because the channel stayed full for <see cref="MqttOptions.StallLimit"/>, or larger than
    /// <see cref="MqttOptions.MaxPayloadBytes"/>. Whoever must be complete subscribes anew when this grows.
    /// </summary>
    long Dropped { get; }
}
