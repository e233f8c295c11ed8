using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>
/// Plays what a charge point once said to a central system again: its messages in their order, each recorded answer to the
/// call that it answered. Transaction ids and id tokens of the recording are exchanged for those of the present run.
/// </summary>
internal sealed class Replay
{
    private readonly ReplayLog _log;
    private readonly TimeSpan _patience;
    private readonly OcppLink _link;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue<(string Id, JsonObject? Answer, JsonObject Call)>> _answers = [];
    private readonly Dictionary<string, JsonObject?> _lastAnswers = [];
    private readonly Dictionary<string, (string Action, JsonArray Answer)> _recordedAnswers = [];
    private readonly Dictionary<string, JsonNode> _exchanged = [];
    private readonly Dictionary<string, TaskCompletionSource> _met = [];
    private readonly List<string> _differences = [];

    /// <param name="log">What to play.</param>
    /// <param name="options">Whom to connect to and as whom.</param>
    /// <param name="time">The clock of time-outs.</param>
    /// <param name="patience">How long a call that the central system made then may take to come now.</param>
    public Replay(ReplayLog log, SimulatedChargePointOptions options, TimeProvider time, TimeSpan patience)
    {
        _log = log;
        _patience = patience;
        _link = new OcppLink(options, time, (action, payload) => Answer(action, payload) is { } answer ? new Reply(answer) : new Reply(null, "NotImplemented"), static () => { }, static (_, _) => { });
        Index();
    }

    /// <summary>What the central system did otherwise than in the recording.</summary>
    public IReadOnlyList<string> Differences => _differences;

    /// <summary>Messages of the charge point that were played.</summary>
    public int Played { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using OcppLink link = _link;
        await link.ConnectAsync(cancellationToken);
        Task reading = link.ReadAsync(cancellationToken);
        foreach (ReplayFrame frame in _log.Frames.Where(frame => frame.FromChargePoint))
        {
            await PlayAsync(frame, cancellationToken);
            Played++;
        }
        await link.CloseAsync();
        await reading;
    }

    /// <summary>Finds which recorded answer belongs to which call, on both sides.</summary>
    private void Index()
    {
        var calls = new Dictionary<(bool, string), JsonArray>();
        foreach (ReplayFrame frame in _log.Frames)
        {
            if (frame.Json is not { } json)
                continue;
            string id = json[1]!.GetValue<string>();
            if (json[0]!.GetValue<int>() == 2)
            {
                calls[(frame.FromChargePoint, id)] = json;
            }
            else if (calls.TryGetValue((!frame.FromChargePoint, id), out JsonArray? call))
            {
                string action = call[2]!.GetValue<string>();
                if (!frame.FromChargePoint)
                {
                    _recordedAnswers[id] = (action, json);
                    continue;
                }
                if (!_answers.TryGetValue(action, out Queue<(string, JsonObject?, JsonObject)>? queue))
                    _answers[action] = queue = new();
                queue.Enqueue((id, json[0]!.GetValue<int>() == 3 ? json[2] as JsonObject : null, call[3]!.AsObject()));
                _met[id] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    private async Task PlayAsync(ReplayFrame frame, CancellationToken cancellationToken)
    {
        if (frame.Json is not { } json)
        {
            await _link.SendTextAsync(frame.Text, cancellationToken);
            return;
        }
        string id = json[1]!.GetValue<string>();
        if (json[0]!.GetValue<int>() == 2)
        {
            await CallAsync(id, json, cancellationToken);
        }
        else if (_met.TryGetValue(id, out TaskCompletionSource? met))
        {
            // What the charge point said next may have followed from this call.
            await Task.WhenAny(met.Task, Task.Delay(_patience, cancellationToken));
            if (!met.Task.IsCompleted)
                Differ($"the central system did not make the call that {Shorten(frame.Text)} answers");
        }
    }

    private async Task CallAsync(string id, JsonArray call, CancellationToken cancellationToken)
    {
        string action = call[2]!.GetValue<string>();
        JsonObject? live;
        try
        {
            live = await _link.CallAsync(action, Exchange(call[3])!.AsObject(), null, cancellationToken);
        }
        catch (CallErrorException)
        {
            live = null;
        }
        if (!_recordedAnswers.TryGetValue(id, out (string, JsonArray Answer) recorded))
            return;
        var then = recorded.Answer[0]!.GetValue<int>() == 3 ? recorded.Answer[2] as JsonObject : null;
        if (Verdict(then) != Verdict(live))
            Differ($"{action}: answered {Verdict(live)}, recorded was {Verdict(then)}");
        if (then?["transactionId"] is { } old && live?["transactionId"] is { } now)
        {
            lock (_gate)
                _exchanged[old.ToJsonString()] = now.DeepClone();
        }
    }

    /// <summary>Answers a call as it was answered then, the next of its action first; null = refused as unknown.</summary>
    private JsonObject? Answer(string action, JsonObject payload)
    {
        lock (_gate)
        {
            if (!_answers.TryGetValue(action, out Queue<(string Id, JsonObject? Answer, JsonObject Call)>? queue) || queue.Count == 0)
                return _lastAnswers.GetValueOrDefault(action)?.DeepClone().AsObject();
            (string id, JsonObject? answer, JsonObject call) = queue.Dequeue();
            foreach (string token in new[] { "idTag", "transactionId" })
            {
                if (call[token] is { } old && payload[token] is { } now)
                    _exchanged[old.ToJsonString()] = now.DeepClone();
            }
            _lastAnswers[action] = answer;
            _met[id].TrySetResult();
            return answer?.DeepClone().AsObject();
        }
    }

    /// <summary>The payload with the present run's transaction ids and id tokens.</summary>
    private JsonNode? Exchange(JsonNode? node)
    {
        JsonNode? copy = node?.DeepClone();
        if (copy is JsonObject payload)
        {
            lock (_gate)
            {
                foreach (string name in new[] { "idTag", "transactionId" })
                {
                    if (payload[name] is { } old && _exchanged.TryGetValue(old.ToJsonString(), out JsonNode? now))
                        payload[name] = now.DeepClone();
                }
            }
        }
        return copy;
    }

    private static string Verdict(JsonObject? answer) =>
        answer is null ? "with an error" : (answer["status"] ?? answer["idTagInfo"]?["status"])?.ToString() ?? "with a result";

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..80] + "…";

    private void Differ(string what)
    {
        lock (_gate)
            _differences.Add(what);
    }
}
