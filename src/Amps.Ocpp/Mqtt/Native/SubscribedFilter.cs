using System.Collections.Immutable;

namespace Amps.Ocpp.Mqtt.Native;

/// <summary>A filter as the broker knows it: one subscription there, any number of listeners here.</summary>
internal sealed class SubscribedFilter(string filter)
{
    private volatile bool _granted;

    public string Filter => filter;

    public MqttQos Qos { get; set; }

    public ImmutableArray<MosquittoSubscription> Listeners { get; set; } = [];

    /// <summary>Identifier of the newest SUBSCRIBE; an answer to an older one says nothing about the newest listener.</summary>
    public int MessageId { get; set; }

    public bool Granted
    {
        get => _granted;
        set => _granted = value;
    }

    public bool Refused { get; set; }
}
