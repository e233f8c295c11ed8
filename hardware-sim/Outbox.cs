using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>A message to the central system.</summary>
/// <param name="Action">OCPP action.</param>
/// <param name="Payload">Made when it is sent, so that a transaction's id can be filled in by then.</param>
/// <param name="Keep">A transaction message: kept while offline and delivered in order (OCPP 1.6 section 4.3).</param>
/// <param name="Answered">Told the answer.</param>
internal sealed record OutboxMessage(string Action, Func<JsonObject> Payload, bool Keep, Action<JsonObject>? Answered = null);

/// <summary>What a charge point has to tell, in order; what need not be kept is forgotten when the link goes.</summary>
internal sealed class Outbox
{
    private const int MaxWaiting = 100_000;
    private readonly LinkedList<OutboxMessage> _messages = new();
    private readonly SemaphoreSlim _some = new(0);

    public bool IsEmpty
    {
        get
        {
            lock (_messages)
                return _messages.Count == 0;
        }
    }

    /// <summary>Transaction messages that wait, oldest first.</summary>
    public IReadOnlyList<OutboxMessage> Kept()
    {
        lock (_messages)
            return [.. _messages.Where(static message => message.Keep)];
    }

    public void Add(OutboxMessage message)
    {
        lock (_messages)
        {
            if (_messages.Count < MaxWaiting)
                _messages.AddLast(message);
        }
        _some.Release();
    }

    /// <summary>The oldest message, left in place until <see cref="Remove"/>.</summary>
    public async Task<OutboxMessage> PeekAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_messages)
            {
                if (_messages.First is { } first)
                    return first.Value;
            }
            await _some.WaitAsync(cancellationToken);
        }
    }

    public void Remove(OutboxMessage message)
    {
        lock (_messages)
            _messages.Remove(message);
    }

    public void ForgetPassing()
    {
        lock (_messages)
        {
            for (LinkedListNode<OutboxMessage>? node = _messages.First; node is not null;)
            {
                LinkedListNode<OutboxMessage>? next = node.Next;
                if (!node.Value.Keep)
                    _messages.Remove(node);
                node = next;
            }
        }
    }
}
