using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>An id token and its type, e.g. <c>ISO14443</c>, <c>Central</c>.</summary>
internal sealed record IdToken(string Value, string Type)
{
    public static IdToken Read(JsonObject from) => new(from.Text("idToken"), from.Text("type"));

    public JsonObject Write() => new() { ["idToken"] = Value, ["type"] = Type };
}
