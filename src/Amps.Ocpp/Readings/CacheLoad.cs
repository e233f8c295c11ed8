using Amps.Ocpp.Mqtt;

namespace Amps.Ocpp.Readings;

/// <summary>
/// Whether this start has read what the broker kept. A node among others is sent no requests before (faults M13), so that a read
/// is the same on the newest node as on the others; a broker that is away or says nothing does not keep it from work for ever.
/// </summary>
public sealed class CacheLoad(IMqttClient mqtt, ReadingsOptions options, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private volatile bool _ended;

    /// <summary>False where there are no other nodes: what is known is this node's own, and in its store.</summary>
    public bool IsAwaited => options.Shared && mqtt.State != MqttConnectionState.Off;

    /// <summary>All that the broker kept is in the cache, or is not waited for any longer.</summary>
    public bool IsDone => _ended || !IsAwaited || time.GetElapsedTime(_start) > (mqtt.State == MqttConnectionState.Connected ? options.LoadLimit : options.BrokerLimit);

    internal void End() => _ended = true;
}
