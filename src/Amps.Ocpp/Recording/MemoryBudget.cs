namespace Amps.Ocpp.Recording;

/// <summary>What all rings together may use.</summary>
internal sealed class MemoryBudget(long limit)
{
    private long _used;

    /// <summary>Bytes in use.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>More was asked for than there is.</summary>
    public bool IsSpent { get; private set; }

    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= limit)
            return true;
        Interlocked.Add(ref _used, -bytes);
        IsSpent = true;
        return false;
    }

    public void Return(int bytes)
    {
        Interlocked.Add(ref _used, -bytes);
        IsSpent = false;
    }
}
