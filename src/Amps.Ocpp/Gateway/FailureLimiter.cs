using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Amps.Ocpp.Gateway;

/// <summary>
/// Slows down whoever tries passwords: after five failures within a minute for one identity from one address that pair waits,
/// longer each time; an address that fails for twenty identities within a minute waits as a whole, except for identities that
/// got in from there before. Another address with the right password is never affected (charger behaviour, section 2; faults S8, S9).
/// </summary>
internal sealed class FailureLimiter(TimeProvider time, int capacity = FailureLimiter.MaxEntries)
{
    private const int FreeOfPair = 5;
    private const int FreeOfSource = 20;
    private const int MaxEntries = 20_000;
    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<(string Identity, string Address), Record> _pairs = new();
    private readonly ConcurrentDictionary<string, Record> _sources = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Identity, string Address), DateTimeOffset> _known = new();

    private sealed record Record(int Count, DateTimeOffset First, DateTimeOffset BlockedUntil);

    /// <summary>Entries held in all.</summary>
    public int Count => _pairs.Count + _sources.Count + _known.Count;

    /// <summary>How long this pair still has to wait; zero = it may try.</summary>
    public TimeSpan Wait(string identity, string address)
    {
        string source = SourceOf(address);
        TimeSpan pair = Left(_pairs.GetValueOrDefault((identity, source)));
        TimeSpan whole = _known.ContainsKey((identity, source)) ? TimeSpan.Zero : Left(_sources.GetValueOrDefault(source));
        return pair > whole ? pair : whole;
    }

    /// <summary>Notes a failure; true when somebody has to wait now who had not before.</summary>
    public bool Failed(string identity, string address)
    {
        string source = SourceOf(address);
        bool isFirst = !_pairs.ContainsKey((identity, source));
        bool held = Note(_pairs, (identity, source), FreeOfPair);
        return (isFirst && Note(_sources, source, FreeOfSource)) || held;
    }

    public void Succeeded(string identity, string address)
    {
        string source = SourceOf(address);
        _pairs.TryRemove((identity, source), out _);
        if (_known.Count >= capacity)
            DropOldest(_known, static at => at);
        _known[(identity, source)] = time.GetUtcNow();
    }

    /// <summary>Whoever has one IPv6 address has its whole /64.</summary>
    private static string SourceOf(string address)
    {
        if (!IPAddress.TryParse(address, out IPAddress? ip) || ip.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        byte[] bytes = ip.GetAddressBytes();
        return Convert.ToHexString(bytes.AsSpan(0, 8));
    }

    private TimeSpan Left(Record? record) => record is { } known && known.BlockedUntil - time.GetUtcNow() is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    private bool Note<TKey>(ConcurrentDictionary<TKey, Record> table, TKey key, int free)
        where TKey : notnull
    {
        DateTimeOffset now = time.GetUtcNow();
        if (table.Count >= capacity)
            DropOldest(table, static record => record.BlockedUntil > record.First ? record.BlockedUntil : record.First);
        Record noted = table.AddOrUpdate(key, new Record(1, now, default), (_, known) =>
        {
            if (now - known.First > s_window && now > known.BlockedUntil + s_window)
                return new Record(1, now, default);
            int count = known.Count + 1;
            if (count < free)
                return known with { Count = count };
            TimeSpan wait = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, count - free + 1), s_longestWait.TotalSeconds));
            return new Record(count, known.First, now + wait);
        });
        return noted.Count == free;
    }

    /// <summary>A flood of identities or addresses: the older half is forgotten rather than memory used up.</summary>
    private static void DropOldest<TKey, TValue>(ConcurrentDictionary<TKey, TValue> table, Func<TValue, DateTimeOffset> age)
        where TKey : notnull
    {
        KeyValuePair<TKey, TValue>[] all = table.ToArray();
        foreach (KeyValuePair<TKey, TValue> old in all.OrderBy(entry => age(entry.Value)).Take((all.Length / 2) + 1))
            table.TryRemove(old);
    }
}
