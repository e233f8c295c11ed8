namespace Amps.Ocpp.Tests.Nodes;

/// <summary>A limit as a charge point was told it.</summary>
/// <param name="Unit">A or W.</param>
internal sealed record LimitTold(string Unit, double Value)
{
    /// <summary>Whether it is this cap on one phase of 230 V, as near as tenths of an ampere come to it.</summary>
    public bool Is(double? kw) => kw is { } cap && (Unit == "W" ? Math.Abs(Value - (cap * 1000)) < 1 : Math.Abs(Value - (cap * 1000 / 230)) <= 0.1);
}

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
