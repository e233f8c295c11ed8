using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>A periodic monitor of a variable, and the stream it feeds, if there is one (2.1, use cases N11 to N15).</summary>
internal sealed class Monitor(int id, Variable variable, double everySeconds, int severity)
{
    public int Id => id;

    public Variable Variable => variable;

    public int Severity => severity;

    /// <summary>Interval and number of values of a message of the stream; null = no stream was asked for.</summary>
    public JsonObject? Stream { get; set; }

    /// <summary>The central system has taken the stream.</summary>
    public bool IsOpen { get; set; }

    private double _sinceSample;
    private double _sinceMessage;
    private DateTimeOffset? _base;
    private readonly List<(double Seconds, string Value)> _collected = [];

    /// <summary>Lets time pass; the value when one is due, else null.</summary>
    public string? Step(TimeSpan passed)
    {
        _sinceMessage += passed.TotalSeconds;
        _sinceSample += passed.TotalSeconds;
        if (_sinceSample < everySeconds)
            return null;
        _sinceSample = 0;
        return variable.Value();
    }

    /// <summary>Takes a value for the stream; a message when one is full.</summary>
    public JsonObject? Collect(string value, DateTimeOffset now)
    {
        _base ??= now;
        _collected.Add((Math.Round((now - _base.Value).TotalSeconds, 3), value));
        bool full = _collected.Count >= (Stream?.MaybeWhole("values") ?? int.MaxValue) || _sinceMessage >= (Stream?.MaybeWhole("interval") ?? double.MaxValue);
        if (!full)
            return null;
        var message = new JsonObject
        {
            ["id"] = id,
            ["pending"] = 0,
            ["basetime"] = Words.Time(_base.Value),
            ["data"] = new JsonArray([.. _collected.Select(static value => (JsonNode)new JsonObject { ["t"] = value.Seconds, ["v"] = value.Value })]),
        };
        _collected.Clear();
        _base = null;
        _sinceMessage = 0;
        return message;
    }

    public JsonObject Describe() => new() { ["id"] = id, ["variableMonitoringId"] = id, ["params"] = Stream?.DeepClone() };
}
