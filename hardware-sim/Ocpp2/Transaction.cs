using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>A running transaction.</summary>
internal sealed class Transaction(string id, DateTimeOffset start, int nextSeqNo = 0)
{
    public string Id => id;

    public DateTimeOffset Start => start;

    public int NextSeqNo { get; private set; } = nextSeqNo;

    /// <summary>The charging state told last.</summary>
    public string State { get; set; } = "EVConnected";

    /// <summary>The id token was told; it is told once.</summary>
    public bool TokenTold { get; set; }

    public int? RemoteStartId { get; set; }

    public double ChargingSeconds { get; set; }

    public double SinceSample { get; set; }

    public int TakeSeqNo() => NextSeqNo++;

    /// <summary>What a power cut must not lose.</summary>
    public JsonObject Save() => new() { ["id"] = Id, ["seqNo"] = NextSeqNo };
}
