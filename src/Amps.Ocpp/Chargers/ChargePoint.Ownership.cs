using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>The charge point's side towards other nodes: the link with the highest generation is the one in force, wherever it is.</summary>
public sealed partial class ChargePoint
{
    private long _supersededBy;

    private sealed record Recalled(ChargePointMemory Memory);

    private sealed record Announcement;

    /// <summary>Another node has a newer link than the last one here: what this one knows is not told any more.</summary>
    public bool IsSuperseded => Volatile.Read(ref _supersededBy) > Generation;

    /// <summary>Ends a link because another node has one of a higher generation (faults C16).</summary>
    public void Supersede(IChargePointSession session, long generation)
    {
        Volatile.Write(ref _supersededBy, Math.Max(Volatile.Read(ref _supersededBy), generation));
        session.Close(SessionEnd.Replaced);
        Post(new Disconnected(session));
    }

    /// <summary>Tells link and states to the observers once more.</summary>
    public void Announce() => Post(new Announcement());

    /// <summary>Takes what the store remembers where it is newer: another node may have held the link since this one did.</summary>
    internal ValueTask RecallAsync(ChargePointMemory memory) => PostAsync(new Recalled(memory));

    /// <summary>States of the store that are newer than those here, and its open transactions.</summary>
    private void Recall(ChargePointMemory memory)
    {
        _memory = memory;
        if (_link is not null)
            return;
        foreach (Charger charger in _chargers.Values)
        {
            if (memory.LastSnapshots.GetValueOrDefault(charger.DeviceId.Value) is not { } stored || stored.Sequence <= charger.State.Sequence)
                continue;
            TransactionRecord? open = memory.OpenTransactions.FirstOrDefault(t => t.ConnectorId == charger.ConnectorId);
            charger.Set(ChargerState.Recall(
                charger.DeviceId, stored, open is null ? null : new OpenTransaction(open.Id.ToString(), open.IdTag, open.StartedAt)) with
            { Rating = charger.State.Rating });
        }
    }

    private void TellAll()
    {
        foreach (Charger charger in _chargers.Values)
        {
            Tell(observer =>
            {
                observer.OnLinkChanged(charger);
                if (charger.State.EverHeard)
                    observer.OnStateChanged(charger, meterOnly: false);
            });
        }
    }

    /// <summary>Runs a write that the store refuses when another node has a newer link than this one.</summary>
    /// <exception cref="StorageUnavailableException">It was not done.</exception>
    private async Task<T> FencedAsync<T>(Func<long?, Task<T>> write)
    {
        long generation = Generation;
        try
        {
            return await write(_services.Options.Shared ? generation : null);
        }
        catch (LinkSupersededException e)
        {
            if (Session is { } session && session.Generation == generation)
                Supersede(session, generation + 1);
            throw new StorageUnavailableException(e.Message, e);
        }
    }
}
