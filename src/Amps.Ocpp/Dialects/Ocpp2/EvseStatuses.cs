namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>What the connectors of each EVSE last told on this link; the canonical charger is the EVSE. Any thread.</summary>
internal sealed class EvseStatuses
{
    /// <summary>The first of these that a connector has is the EVSE's: one connector in use takes all of it, one free leaves it free.</summary>
    private static readonly string[] s_precedence = ["Occupied", "Available", "Reserved", "Faulted", "Unavailable"];

    private readonly Lock _gate = new();
    private Dictionary<(int EvseId, int ConnectorId), (string Status, DateTimeOffset At)>? _connectors;

    /// <summary>Notes a connector's status and gives the EVSE's.</summary>
    public string Note(int evseId, int connectorId, string status, DateTimeOffset at)
    {
        lock (_gate)
        {
            _connectors ??= [];
            _connectors[(evseId, connectorId)] = (status, at);
            return Find(evseId) ?? status;
        }
    }

    /// <summary>Null = nothing was told on this link.</summary>
    public string? Of(int evseId)
    {
        lock (_gate)
            return Find(evseId);
    }

    /// <summary>The connectors of an EVSE: those that told something, and the first ones up to how many there are.</summary>
    public int[] ConnectorsOf(int evseId, int count)
    {
        lock (_gate)
        {
            IEnumerable<int> told = _connectors?.Keys.Where(key => key.EvseId == evseId).Select(key => key.ConnectorId) ?? [];
            int[] known = [.. told.Union(count > 1 ? Enumerable.Range(1, count) : []).Order()];
            return known.Length == 0 ? [1] : known;
        }
    }

    /// <summary>Whether this connector told its status since then.</summary>
    public bool IsTold(int evseId, int connectorId, DateTimeOffset since)
    {
        lock (_gate)
            return _connectors is not null && _connectors.TryGetValue((evseId, connectorId), out (string Status, DateTimeOffset At) told) && told.At >= since;
    }

    private string? Find(int evseId) => _connectors is null ? null : Array.Find(
        s_precedence, status => _connectors.Any(entry => entry.Key.EvseId == evseId && entry.Value.Status == status));
}
