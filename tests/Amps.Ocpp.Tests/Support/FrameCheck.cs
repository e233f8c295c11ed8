using System.Collections.Concurrent;
using System.Text.Json;

namespace Amps.Ocpp.Tests.Support;

/// <summary>Holds every frame of a link, in both directions, against the official schemas of its version.</summary>
public sealed class FrameCheck(string version = "1.6")
{
    private readonly ConcurrentDictionary<(bool FromChargePoint, string Id), string> _calls = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private int _frames;

    public IReadOnlyList<string> Violations => [.. _violations];

    public int Frames => _frames;

    /// <summary>Takes a frame as it went over the wire.</summary>
    public void Take(bool fromChargePoint, string text)
    {
        JsonElement frame = JsonDocument.Parse(text).RootElement;
        string id = frame[1].GetString()!;
        Interlocked.Increment(ref _frames);
        switch (frame[0].GetInt32())
        {
            case 2:
                _calls[(fromChargePoint, id)] = frame[2].GetString()!;
                Check(frame[2].GetString()!, isResponse: false, frame[3].GetRawText(), fromChargePoint);
                break;
            case 3 when _calls.TryRemove((!fromChargePoint, id), out string? action):
                Check(action, isResponse: true, frame[2].GetRawText(), fromChargePoint);
                break;
            case 4:
                _violations.Enqueue($"CALLERROR: {text}");
                break;
        }
    }

    private void Check(string action, bool isResponse, string json, bool fromChargePoint)
    {
        if (!OcppSchemas.Available)
            return;
        foreach (string violation in OcppSchemas.Validate(version, action, isResponse, json))
            _violations.Enqueue($"{(fromChargePoint ? "charge point" : "service")} {action}{(isResponse ? "Response" : "")}: {violation}: {json}");
    }
}
