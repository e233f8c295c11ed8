namespace Amps.Ocpp.Mqtt.Native;

/// <summary>
/// Publishes that wait for the broker, by packet identifier. An acknowledgement may come before the publishing call has returned, so
/// entries are made under the gate that is also held while publishing, and looked up under it.
/// </summary>
internal sealed class PublishTable(Lock gate, int capacity)
{
    private readonly Dictionary<int, PublishWaiter> _waiters = [];
    private readonly List<(PublishWaiter Waiter, MqttPublishResult Result)> _ended = [];

    /// <summary>To be read under the gate.</summary>
    public bool IsFull => _waiters.Count >= capacity;

    public bool IsEmpty
    {
        get
        {
            lock (gate)
                return _waiters.Count == 0;
        }
    }

    /// <summary>To be called under the gate.</summary>
    public PublishWaiter Add(int messageId)
    {
        var waiter = PublishWaiter.Rent();
        // Identifiers come round after 65,535: one that is still in use belongs to a message that the broker left unanswered all that time.
        if (_waiters.Remove(messageId, out var forgotten))
            forgotten.Complete(MqttPublishResult.Failed);
        _waiters.Add(messageId, waiter);
        return waiter;
    }

    /// <summary>Network thread only.</summary>
    public void Acknowledge(List<(int MessageId, int Reason)> acknowledgements)
    {
        lock (gate)
        {
            foreach (var (messageId, reason) in acknowledgements)
            {
                if (_waiters.Remove(messageId, out var waiter))
                    _ended.Add((waiter, ResultOf(reason)));
            }
        }
        CompleteEnded();
    }

    /// <summary>The link is gone: what is still open has an unknown outcome. Network thread only.</summary>
    public void FailAll()
    {
        lock (gate)
        {
            foreach (var waiter in _waiters.Values)
                _ended.Add((waiter, MqttPublishResult.Failed));
            _waiters.Clear();
        }
        CompleteEnded();
    }

    private static MqttPublishResult ResultOf(int reason) => reason switch
    {
        0 => MqttPublishResult.Success,
        16 => MqttPublishResult.NoMatchingSubscribers,
        _ => MqttPublishResult.Refused,
    };

    private void CompleteEnded()
    {
        foreach (var (waiter, result) in _ended)
            waiter.Complete(result);
        _ended.Clear();
    }
}
