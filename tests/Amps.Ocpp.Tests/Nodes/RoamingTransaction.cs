namespace Amps.Ocpp.Tests.Nodes;

/// <summary>A transaction as the charge point knows it.</summary>
/// <param name="Started">As told, with milliseconds.</param>
/// <param name="MeterStart">Wh.</param>
internal sealed record RoamingTransaction(string IdTag, string Started, double MeterStart)
{
    /// <summary>1.6: what the service gave; 2.x: what the station gave.</summary>
    public string? Id { get; set; }

    /// <summary>The service's number of the start that it asked for (2.x).</summary>
    public int? RemoteStartId { get; init; }

    /// <summary>Sequence number of the next event (2.x).</summary>
    public int NextEvent { get; set; }

    public bool StartAcknowledged { get; set; }

    public string? Stopped { get; set; }

    public string? StopReason { get; set; }

    /// <summary>Wh.</summary>
    public double MeterStop { get; set; }

    public bool StopAcknowledged { get; set; }
}
