using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>Whom it knows without asking: the list it was sent (D01, D02) and its cache (C11).</summary>
public sealed partial class SimulatedStation
{
    private readonly Dictionary<IdToken, string> _localList = [];
    private int _localListVersion;

    private JsonObject SendLocalList(JsonObject call)
    {
        int version = call.Whole("versionNumber");
        bool full = call.Word("updateType", "Full", "Differential") == "Full";
        List<(IdToken Token, string? Status)> entries =
        [
            .. call.MaybeParts("localAuthorizationList").Select(static entry => (IdToken.Read(entry.Part("idToken")), entry.MaybePart("idTokenInfo")?.Text("status"))),
        ];
        if (version <= 0)
            return Words.Status("Failed", "ValueZeroNotAllowed", "versionNumber");
        if (!full && version <= _localListVersion)
            return Words.Status("VersionMismatch");
        if (full)
            _localList.Clear();
        foreach ((IdToken token, string? status) in entries)
        {
            if (status is null)
                _localList.Remove(token);
            else
                _localList[token] = status;
        }
        _localListVersion = full && entries.Count == 0 ? 0 : version;
        return Words.Status("Accepted");
    }

    private JsonObject ClearCache()
    {
        if (!Model.Flag("AuthCacheCtrlr.Enabled"))
            return Words.Status("Rejected", "NotEnabled");
        _cache.Clear();
        return Words.Status("Accepted");
    }
}
