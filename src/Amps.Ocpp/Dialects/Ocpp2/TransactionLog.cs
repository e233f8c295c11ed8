namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>What a link has heard of one transaction.</summary>
internal sealed class TransactionProgress(int evseId)
{
    /// <summary>0 = not told.</summary>
    public int EvseId { get; set; } = evseId;

    /// <summary>Highest sequence number so far; -1 before the first.</summary>
    public int LastSeqNo { get; set; } = -1;

    /// <summary>It is on disk, with its id token if one was told.</summary>
    public bool Stored { get; set; }

    public string? IdTag { get; set; }

    public bool Ended { get; set; }

    /// <summary>The remote start that it last named; some name it in every event.</summary>
    public int? RemoteStartId { get; set; }

    /// <summary>Energy may flow in it.</summary>
    public bool Authorised { get; set; }
}

/// <summary>The newest transactions of one link, for repeated, late and missing events (faults P21).</summary>
internal sealed class TransactionLog
{
    private const int Capacity = 32;

    private readonly Dictionary<string, TransactionProgress> _known = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    public TransactionProgress Of(string transactionId, Func<TransactionProgress> begin)
    {
        if (_known.TryGetValue(transactionId, out TransactionProgress? progress))
            return progress;
        if (_order.Count >= Capacity)
            _known.Remove(_order.Dequeue());
        _order.Enqueue(transactionId);
        return _known[transactionId] = begin();
    }
}
