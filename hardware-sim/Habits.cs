using System.Globalization;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>A personality at work in one charge point: which rule fits, how often it has, and how messages look on the wire.</summary>
internal sealed class Habits(Personality personality)
{
    private readonly Dictionary<object, int> _used = new(ReferenceEqualityComparer.Instance);

    public Personality Personality => personality;

    /// <summary>The unusual answer to a call; null = the usual one. Uses it up.</summary>
    public AnswerRule? AnswerTo(string action, JsonObject call, Func<string> status)
    {
        foreach (AnswerRule rule in personality.Answers)
        {
            if (rule.Action == action && JsonPaths.Fits(call, rule.When) && (rule.WhileStatus.Count == 0 || rule.WhileStatus.Contains(status())) && Use(rule, rule.Times))
                return rule;
        }
        return null;
    }

    /// <summary>What is sent in place of a message, and when.</summary>
    public (TimeSpan Delay, IReadOnlyList<JsonObject> Payloads) Tell(string action, JsonObject payload)
    {
        TimeSpan delay = TimeSpan.Zero;
        int copies = 1;
        foreach (TellRule rule in personality.Tells)
        {
            if (rule.Action != action || !JsonPaths.Fits(payload, rule.When) || !Use(rule, rule.Times))
                continue;
            if (rule.Never)
                return (delay, []);
            copies = rule.Twice ? 2 : copies;
            delay += TimeSpan.FromMilliseconds(rule.DelayMs);
            foreach ((string path, JsonNode? value) in rule.Set ?? [])
                JsonPaths.Set(payload, path, value);
            foreach (string path in rule.Remove)
                JsonPaths.Remove(payload, path);
        }
        Dress(payload);
        return (delay, copies == 1 ? [payload] : [payload, (JsonObject)payload.DeepClone()]);
    }

    private bool Use(object rule, int? times)
    {
        int used = _used.GetValueOrDefault(rule);
        if (used >= times)
            return false;
        _used[rule] = used + 1;
        return true;
    }

    private void Dress(JsonObject payload)
    {
        if (personality.Wire.ExtraFields)
            payload["vendorExtension"] = new JsonObject { ["uptime"] = 1, ["tags"] = new JsonArray("a", "b") };
        if (personality.Wire.Times == TimeStyle.Utc)
            return;
        Rewrite(payload);
        foreach (JsonObject measurement in payload["meterValue"]?.AsArray().OfType<JsonObject>() ?? [])
            Rewrite(measurement);
        foreach (JsonObject measurement in payload["transactionData"]?.AsArray().OfType<JsonObject>() ?? [])
            Rewrite(measurement);
    }

    private void Rewrite(JsonObject owner)
    {
        if (owner["timestamp"] is not { } written)
            return;
        DateTime time = DateTimeOffset.Parse(written.GetValue<string>(), CultureInfo.InvariantCulture).UtcDateTime;
        owner["timestamp"] = personality.Wire.Times switch
        {
            TimeStyle.NoZone => time.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture),
            TimeStyle.ShortOffset => time.AddHours(2).ToString("yyyy-MM-dd'T'HH:mm:ss'+02'", CultureInfo.InvariantCulture),
            TimeStyle.Nanoseconds => time.AddHours(5.5).ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00+05:30'", CultureInfo.InvariantCulture),
            TimeStyle.Blank => time.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            _ => new DateTime(1970, 1, 1).Add(time.TimeOfDay).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        };
    }
}
