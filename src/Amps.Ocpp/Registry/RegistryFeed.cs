using Amps.Ocpp.Model;

namespace Amps.Ocpp.Registry;

/// <summary>
/// Brings what other nodes changed into the registry's memory. It asks the store what changed lately, so a message that said so may get
/// lost. A change is looked for again for a while after its time, because commits do not end in the order of their times.
/// </summary>
public sealed class RegistryFeed(IRegistryStore store, ChargePointDirectory directory, KeyRing keys, IdTokenList idTokens)
{
    /// <summary>Longer than any statement may take (statement time-out 4.5 s).</summary>
    private const long Overlap = 10 * TimeSpan.TicksPerSecond;

    private const int Batch = 500;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<string, long> _seen = new(StringComparer.Ordinal);
    private long _newest;

    /// <summary>Notes where the changes stand before the registry is loaded.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken) =>
        _newest = await store.FindNewestChangeAsync(cancellationToken);

    /// <summary>Takes what was changed since the last time.</summary>
    /// <exception cref="StorageUnavailableException">The store is away.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            long since = Math.Max(0, _newest - Overlap);
            List<RegistryChange> changes = [.. (await store.ListChangesAsync(since, cancellationToken)).Where(change => _seen.GetValueOrDefault(KeyOf(change)) != change.At)];
            if (changes.Count == 0)
                return;
            if (changes.Exists(change => change.ChargePoint is null))
            {
                RegistryContents access = await store.LoadAccessAsync(cancellationToken);
                keys.Load(access.Customers, access.Keys);
                idTokens.Load(access.IdTokens);
            }
            foreach (string[] some in changes.Select(change => change.ChargePoint).OfType<string>().Distinct(StringComparer.Ordinal).Chunk(Batch))
                await TakeAsync(some, cancellationToken);
            foreach (RegistryChange change in changes)
                _seen[KeyOf(change)] = change.At;
            _newest = Math.Max(_newest, changes.Max(change => change.At));
            foreach (string old in _seen.Where(seen => seen.Value < _newest - (2 * Overlap)).Select(seen => seen.Key).ToList())
                _seen.Remove(old);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task TakeAsync(string[] ids, CancellationToken cancellationToken)
    {
        IReadOnlyList<ChargePointRecord> found = await store.FindChargePointsAsync(ids, cancellationToken);
        Dictionary<string, ChargePointRecord> byKey = found.ToDictionary(record => record.Id.Value.ToUpperInvariant(), StringComparer.Ordinal);
        foreach (string key in ids)
            await directory.AdoptAsync(key, byKey.GetValueOrDefault(key), cancellationToken);
    }

    private static string KeyOf(RegistryChange change) => change.ChargePoint ?? "";
}
