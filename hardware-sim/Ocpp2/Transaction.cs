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

    /// <summary>Who is charging, or was.</summary>
    public IdToken? Token { get; private set; }

    /// <summary>The id token was told; it is told once, and again when it ends the transaction.</summary>
    public bool TokenTold { get; set; }

    public int? RemoteStartId { get; private set; }

    public double ChargingSeconds { get; set; }

    public double SinceSample { get; set; }

    public void Authorize(Authorization allowed)
    {
        Token = allowed.Token;
        TokenTold = false;
        RemoteStartId = allowed.RemoteStartId ?? RemoteStartId;
    }

    public int TakeSeqNo() => NextSeqNo++;

    /// <summary>What a power cut must not lose.</summary>
    public JsonObject Save() => new() { ["id"] = Id, ["seqNo"] = NextSeqNo };
}
