using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>One WebSocket to the central system, spoken to as OCPP-J wants it: one call outstanding, answers at any time.</summary>
internal sealed class OcppLink : IAsyncDisposable
{
    private const int LargestFrame = 1 << 20;
    private readonly ClientWebSocket _socket = new();
    /// <summary>A call without its answer yet, and who is told first.</summary>
    private sealed record Waiting(TaskCompletionSource<JsonObject> Completion, Action<JsonObject>? Answered);

    private readonly SemaphoreSlim _oneCall = new(1);
    private readonly SemaphoreSlim _oneSend = new(1);
    private readonly ConcurrentDictionary<string, Waiting> _waiting = new();
    private readonly SimulatedChargePointOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<string, JsonObject, Reply> _answer;
    private readonly string _prefix;
    private readonly Action _afterAnswer;
    private readonly Action<bool, string> _seen;
    private HttpMessageInvoker? _invoker;
    private MutableStream? _stream;
    private int _lastId;

    /// <param name="options">Whom to connect to and as whom.</param>
    /// <param name="time">The clock of time-outs.</param>
    /// <param name="answer">Gives the answer to a call of the central system.</param>
    /// <param name="afterAnswer">Called when an answer has been sent: what the call set off happens now.</param>
    /// <param name="seen">Sees every frame; true = sent by us.</param>
    public OcppLink(SimulatedChargePointOptions options, TimeProvider time, Func<string, JsonObject, Reply> answer, Action afterAnswer, Action<bool, string> seen)
    {
        _options = options;
        _time = time;
        _answer = answer;
        _afterAnswer = afterAnswer;
        _seen = seen;
        _prefix = options.Personality.Wire.MessageIds switch
        {
            MessageIdStyle.Tiny => "",
            MessageIdStyle.Long => "message-" + new string('0', 40) + "-",
            _ => $"{options.Id.GetHashCode(StringComparison.Ordinal):x8}-",
        };
    }

    private LinkHabits Habits => _options.Personality.Link;

    private WireHabits Wire => _options.Personality.Wire;

    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        foreach (string subprotocol in Habits.Subprotocols ?? ["ocpp" + _options.OcppVersion])
            _socket.Options.AddSubProtocol(subprotocol);
        if (Habits.Origin is { } origin)
            _socket.Options.SetRequestHeader("Origin", origin);
        _socket.Options.KeepAliveInterval = TimeSpan.Zero;
        if (_options.Password is { } password)
            _socket.Options.SetRequestHeader("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{_options.Identity}:{password}")));
        if (_options.LocalAddress is not null || Habits.LeavesOldOpen)
        {
            _invoker = new HttpMessageInvoker(new SocketsHttpHandler
            {
                ConnectCallback = async (context, token) => _stream = await MutableStream.ConnectAsync(context.DnsEndPoint, _options.LocalAddress, token),
            });
        }
        string identity = Uri.EscapeDataString(_options.Identity);
        var url = new Uri(_options.Url.ToString().TrimEnd('/') + Habits.Path.Replace("{id}", Habits.ShoutsIdentity ? identity.ToUpperInvariant() : identity, StringComparison.Ordinal));
        await _socket.ConnectAsync(url, _invoker, cancellationToken);
    }

    /// <summary>Reads until the link ends.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        byte[] storage = new byte[1024];
        try
        {
            while (true)
            {
                int length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    if (length == storage.Length)
                        Array.Resize(ref storage, Math.Min(storage.Length * 4, LargestFrame));
                    part = await _socket.ReceiveAsync(storage.AsMemory(length), cancellationToken);
                    length += part.Count;
                }
                while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Close)
                    return;
                string text = Encoding.UTF8.GetString(storage, 0, length);
                _seen(false, text);
                await TakeAsync(text, cancellationToken);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            // The link is gone; the owner connects again.
        }
        finally
        {
            foreach (Waiting call in _waiting.Values)
                call.Completion.TrySetException(new WebSocketException("The link ended before the answer."));
        }
    }

    /// <summary>Calls the central system; <paramref name="answered"/> gets the answer before anything that comes after it is read.</summary>
    /// <exception cref="CallErrorException">It answered with a CALLERROR.</exception>
    /// <exception cref="WebSocketException">The link ended first.</exception>
    /// <exception cref="TimeoutException">No answer came in time.</exception>
    public async Task<JsonObject> CallAsync(string action, JsonObject payload, Action<JsonObject>? answered, CancellationToken cancellationToken)
    {
        if (!Wire.CallsAtOnce)
            await _oneCall.WaitAsync(cancellationToken);
        string id = _prefix + Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = new Waiting(answer, answered);
        try
        {
            if (Wire.Noise is { } noise)
                await SendTextAsync(noise, cancellationToken);
            string call = new JsonArray(2, id, action, payload).ToJsonString();
            await SendTextAsync(call, cancellationToken);
            if (Wire.RepeatsCalls)
                await SendTextAsync(call, cancellationToken);
            return await answer.Task.WaitAsync(_options.CallTimeout, _time, cancellationToken);
        }
        finally
        {
            _waiting.TryRemove(id, out _);
            if (!Wire.CallsAtOnce)
                _oneCall.Release();
        }
    }

    /// <summary>Cuts the link without a goodbye.</summary>
    public void Abort() => _socket.Abort();

    /// <summary>Forgets the link without closing it: whatever still comes meets silence. Only with <see cref="LinkHabits.LeavesOldOpen"/>.</summary>
    public void Mute() => _stream?.Mute();

    /// <summary>Closes the link as a charge point that is switched off does.</summary>
    public async Task CloseAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            if (_socket.State == WebSocketState.Open)
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            _socket.Abort();
        }
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _invoker?.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task TakeAsync(string text, CancellationToken cancellationToken)
    {
        if (Read(text) is not { } frame)
        {
            if (_options.OcppVersion != "1.6")
                await SendTextAsync(new JsonArray(4, "-1", "RpcFrameworkError", "", new JsonObject()).ToJsonString(), cancellationToken);
            return;
        }
        string id = frame[1]!.GetValue<string>();
        switch (frame[0]!.GetValue<int>())
        {
            case 2:
                Reply reply = Answer(frame[2]!.GetValue<string>(), frame[3]!.AsObject());
                if (reply.Delay > TimeSpan.Zero)
                    _ = ReplyLaterAsync(id, reply, cancellationToken);
                else
                    await ReplyAsync(id, reply, cancellationToken);
                break;
            case 3 when _waiting.TryGetValue(id, out Waiting? call):
                await TakeAnswerAsync(id, call, frame[2]!.AsObject(), cancellationToken);
                break;
            case 4 when _waiting.TryGetValue(id, out Waiting? call):
                call.Completion.TrySetException(new CallErrorException($"{frame[2]}: {frame[3]}"));
                break;
        }
    }

    /// <summary>A frame; null = it is none.</summary>
    private static JsonArray? Read(string text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonArray { Count: >= 3 } frame && frame[0] is JsonValue kind && frame[1] is JsonValue id && id.GetValueKind() == JsonValueKind.String
                && kind.TryGetValue(out int number) && (number != 2 || (frame is [_, _, JsonValue action, JsonObject, ..] && action.GetValueKind() == JsonValueKind.String)) && (number != 3 || frame[2] is JsonObject)
                ? frame
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private Reply Answer(string action, JsonObject call)
    {
        try
        {
            return _answer(action, call);
        }
        catch (UnreadableException e)
        {
            return new Reply(null, e.Code);
        }
    }

    private async Task TakeAnswerAsync(string id, Waiting call, JsonObject payload, CancellationToken cancellationToken)
    {
        try
        {
            call.Answered?.Invoke(payload);
            call.Completion.TrySetResult(payload);
        }
        catch (UnreadableException e)
        {
            // Only 2.1 has a frame for it (OCPP-J 2.1, CALLRESULTERROR).
            if (_options.OcppVersion == "2.1")
                await SendTextAsync(new JsonArray(5, id, e.Code, e.Message, new JsonObject()).ToJsonString(), cancellationToken);
            call.Completion.TrySetException(new CallErrorException(e.Message));
        }
    }

    /// <summary>Tells without an answer (OCPP-J 2.1, SEND).</summary>
    public Task SendOneWayAsync(string action, JsonObject payload, CancellationToken cancellationToken) =>
        SendTextAsync(new JsonArray(6, _prefix + Interlocked.Increment(ref _lastId), action, payload).ToJsonString(), cancellationToken);

    private async Task ReplyAsync(string id, Reply reply, CancellationToken cancellationToken)
    {
        if (reply.Result is { } result)
            await SendTextAsync(new JsonArray(3, id, result).ToJsonString(), cancellationToken);
        else if (reply.Error is { } error)
            await SendTextAsync(new JsonArray(4, id, error, "", new JsonObject()).ToJsonString(), cancellationToken);
        _afterAnswer();
    }

    private async Task ReplyLaterAsync(string id, Reply reply, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(reply.Delay, _time, cancellationToken);
            await ReplyAsync(id, reply, cancellationToken);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            // The link went before the answer.
        }
    }

    /// <summary>Sends any text as a message.</summary>
    public async Task SendTextAsync(string text, CancellationToken cancellationToken)
    {
        await _oneSend.WaitAsync(cancellationToken);
        try
        {
            _seen(true, text);
            await _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, cancellationToken);
        }
        finally
        {
            _oneSend.Release();
        }
    }
}
