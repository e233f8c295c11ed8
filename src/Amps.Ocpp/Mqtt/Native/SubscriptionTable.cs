using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;

namespace Amps.Ocpp.Mqtt.Native;

/// <summary>All filters of the client. Changes are made under the client's gate; the network thread finds listeners without it.</summary>
internal sealed class SubscriptionTable(Lock gate, WakeUp wakeUp)
{
    private readonly ConcurrentDictionary<string, SubscribedFilter> _filters = new(StringComparer.Ordinal);
    private readonly Dictionary<int, SubscribedFilter> _unanswered = [];
    private ImmutableArray<SubscribedFilter> _wildcards = [];
    private MosquittoLink? _link;
    private volatile string? _refusedFilter;

    /// <summary>A filter that the broker refuses, or null.</summary>
    public string? RefusedFilter => _refusedFilter;

    public MosquittoSubscription Add(string filter, MqttQos qos, ChannelWriter<MqttMessage> messages)
    {
        lock (gate)
        {
            if (!_filters.TryGetValue(filter, out var entry))
                entry = new SubscribedFilter(filter);
            var subscription = new MosquittoSubscription(this, entry, messages);
            entry.Listeners = entry.Listeners.Add(subscription);
            entry.Qos = qos > entry.Qos ? qos : entry.Qos;
            if (_filters.TryAdd(filter, entry) && MqttTopics.HasWildcard(filter))
                _wildcards = _wildcards.Add(entry);
            if (_link is not null)
                Send(entry);
            return subscription;
        }
    }

    public void Remove(MosquittoSubscription subscription)
    {
        lock (gate)
        {
            var entry = subscription.Of;
            entry.Listeners = entry.Listeners.Remove(subscription);
            if (!entry.Listeners.IsEmpty)
                return;
            _filters.TryRemove(entry.Filter, out _);
            _wildcards = _wildcards.Remove(entry);
            _unanswered.Remove(entry.MessageId);
            entry.Refused = false;
            FindRefused();
            _link?.Unsubscribe(entry.Filter);
        }
        wakeUp.Signal();
    }

    /// <summary>Sends every filter over a new link, and from now on each change. To be called under the gate.</summary>
    public void Attach(MosquittoLink link)
    {
        _link = link;
        foreach (var entry in _filters.Values)
            Send(entry);
    }

    /// <summary>To be called under the gate.</summary>
    public void Detach()
    {
        _link = null;
        _unanswered.Clear();
        foreach (var entry in _filters.Values)
            entry.Granted = entry.Refused = false;
        _refusedFilter = null;
    }

    /// <summary>Returns the filter when the broker refused it.</summary>
    public string? Answer(int messageId, bool granted)
    {
        ImmutableArray<MosquittoSubscription> listeners;
        SubscribedFilter? entry;
        lock (gate)
        {
            if (!_unanswered.Remove(messageId, out entry) || entry.MessageId != messageId)
                return null;
            entry.Granted = granted;
            entry.Refused = !granted;
            listeners = entry.Listeners;
            if (!granted || _refusedFilter is not null)
                FindRefused();
        }
        foreach (var listener in listeners)
            listener.Answer(granted);
        return granted ? null : entry.Filter;
    }

    public void AskAgainForRefused()
    {
        lock (gate)
        {
            if (_link is null)
                return;
            foreach (var entry in _filters.Values)
            {
                if (entry.Refused)
                    Send(entry);
            }
        }
    }

    /// <summary>Every listener whose filter matches, once each. Network thread only.</summary>
    public void Find(string topic, List<MosquittoSubscription> found)
    {
        if (_filters.TryGetValue(topic, out var exact))
            found.AddRange(exact.Listeners.AsSpan());
        foreach (var entry in _wildcards)
        {
            if (MqttTopics.Matches(entry.Filter, topic))
                found.AddRange(entry.Listeners.AsSpan());
        }
    }

    private void Send(SubscribedFilter entry)
    {
        entry.MessageId = _link!.Subscribe(entry.Filter, entry.Qos);
        _unanswered[entry.MessageId] = entry;
        wakeUp.Signal();
    }

    private void FindRefused()
    {
        _refusedFilter = null;
        foreach (var entry in _filters.Values)
        {
            if (entry.Refused)
                _refusedFilter = entry.Filter;
        }
    }
}
