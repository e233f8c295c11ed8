namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>What the connectors of each EVSE last told; the canonical charger is the EVSE.</summary>
internal sealed class EvseStatuses
{
    /// <summary>The first of these that a connector has is the EVSE's: one connector in use takes all of it, one free leaves it free.</summary>
    private static readonly string[] s_precedence = ["Occupied", "Available", "Reserved", "Faulted", "Unavailable"];

    private Dictionary<(int EvseId, int ConnectorId), string>? _connectors;

    /// <summary>Notes a connector's status and gives the EVSE's.</summary>
    public string Note(int evseId, int connectorId, string status)
    {
        _connectors ??= [];
        _connectors[(evseId, connectorId)] = status;
        return Of(evseId) ?? status;
    }

    /// <summary>Null = nothing was told on this link.</summary>
    public string? Of(int evseId) => _connectors is null ? null : Array.Find(
        s_precedence, status => _connectors.Any(entry => entry.Key.EvseId == evseId && entry.Value == status));

    /// <summary>The connector to ask about: one that was told, else the first.</summary>
    public int ConnectorOf(int evseId) => _connectors?.Keys.Where(key => key.EvseId == evseId).Select(key => key.ConnectorId).DefaultIfEmpty(1).Min() ?? 1;
}
