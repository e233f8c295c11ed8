using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Amps.Ocpp.Tests.Support;

/// <summary>
/// A scripted OCPP-J charge point of any version: says exactly what a test tells it to, answers the service's calls by handlers, and keeps
/// every frame. Unlike the simulator it has no behaviour of its own.
/// </summary>
public sealed class TestChargePoint : IAsyncDisposable
{
    private static readonly JsonSerializerOptions s_withoutNulls = new() { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    private readonly ClientWebSocket _socket;
    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonElement>> _calls = new();
    private readonly ConcurrentDictionary<string, Func<JsonElement, object?>> _handlers = new();
    private readonly Channel<(string Action, JsonElement Payload)> _received = Channel.CreateUnbounded<(string, JsonElement)>();
    private readonly SemaphoreSlim _send = new(1);
    private readonly Task _reader;
    private readonly List<Func<Task>> _afterAnswer = [];
    private Task _later = Task.CompletedTask;
    private int _lastId;

    private TestChargePoint(ClientWebSocket socket)
    {
        _socket = socket;
        On("GetConfiguration", _ => new { configurationKey = Array.Empty<object>() });
        On("TriggerMessage", _ => new { status = "Rejected" });
        _reader = ReadAsync();
    }

    /// <summary>Every text frame from the service.</summary>
    public ConcurrentQueue<string> Frames { get; } = new();

    /// <summary>Holds the frames of both directions against the schemas, where a test wants it.</summary>
    public FrameCheck? Check { get; set; }

    /// <summary>Ends with the close frame of the service, or with the link.</summary>
    public Task Closed => _reader;

    public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    public string? Subprotocol => _socket.SubProtocol;

    /// <summary>Connects; extra subprotocols replace <c>ocpp1.6</c>.</summary>
    public static async Task<TestChargePoint> ConnectAsync(Uri ocpp, string id, string? password = null, params string[] subprotocols)
    {
        var socket = new ClientWebSocket();
        foreach (string subprotocol in subprotocols.Length == 0 ? ["ocpp1.6"] : subprotocols)
            socket.Options.AddSubProtocol(subprotocol);
        if (password is not null)
            socket.Options.SetRequestHeader("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{id}:{password}")));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        await socket.ConnectAsync(new Uri(ocpp, Uri.EscapeDataString(id)), limit.Token);
        return new TestChargePoint(socket);
    }

    /// <summary>Connects, boots and tells that connector 1 is available.</summary>
    public static async Task<TestChargePoint> BootAsync(Uri ocpp, string id, string? password = null)
    {
        TestChargePoint chargePoint = await ConnectAsync(ocpp, id, password);
        JsonElement boot = await chargePoint.CallAsync("BootNotification", new { chargePointVendor = "Test", chargePointModel = "Scripted", firmwareVersion = "1" });
        Assert.Equal("Accepted", boot.GetProperty("status").GetString());
        await chargePoint.StatusAsync("Available");
        return chargePoint;
    }

    /// <summary>Answers an action of the service: an object for a result, null for no answer at all, a string for a CALLERROR code.</summary>
    public void On(string action, Func<JsonElement, object?> handler) => _handlers[action] = handler;

    /// <summary>For handlers: what the charge point tells once its answer is out, one after the other.</summary>
    public void Later(Func<Task> tell) => _afterAnswer.Add(tell);

    /// <summary>Obeys remote starts and stops: answers, then tells the transaction and the status that follow.</summary>
    public void ObeyCommands()
    {
        On("RemoteStartTransaction", call =>
        {
            Later(async () =>
            {
                await StartAsync(call.GetProperty("idTag").GetString()!);
                await StatusAsync("Charging");
            });
            return new { status = "Accepted" };
        });
        On("RemoteStopTransaction", call =>
        {
            int transaction = call.GetProperty("transactionId").GetInt32();
            Later(async () =>
            {
                await StopAsync(transaction);
                await StatusAsync("Finishing");
            });
            return new { status = "Accepted" };
        });
    }

    public Task StatusAsync(string status, int connectorId = 1, string errorCode = "NoError") =>
        CallAsync("StatusNotification", new { connectorId, errorCode, status });

    public async Task<int> StartAsync(string idTag, int connectorId = 1, int meterStart = 0)
    {
        JsonElement answer = await CallAsync("StartTransaction", new { connectorId, idTag, meterStart, timestamp = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ") });
        return answer.GetProperty("transactionId").GetInt32();
    }

    public Task StopAsync(int transactionId, string reason = "Remote", int meterStop = 100) =>
        CallAsync("StopTransaction", new { transactionId, meterStop, reason, timestamp = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ") });

    public Task PowerAsync(double watts, int connectorId = 1, int? transactionId = null) => CallAsync("MeterValues", new
    {
        connectorId,
        transactionId,
        meterValue = new[]
        {
            new
            {
                timestamp = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ"),
                sampledValue = new[] { new { value = watts.ToString(System.Globalization.CultureInfo.InvariantCulture), measurand = "Power.Active.Import", unit = "W" } },
            },
        },
    });

    /// <summary>A call and its result; a CALLERROR throws <see cref="CallErrorException"/>.</summary>
    public async Task<JsonElement> CallAsync(string action, object payload, string? id = null)
    {
        id ??= $"cp{Interlocked.Increment(ref _lastId)}";
        var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls[id] = answer;
        await SendAsync(JsonSerializer.Serialize(new[] { 2, id, action, payload }, s_withoutNulls));
        return await answer.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    /// <summary>Any text as a frame.</summary>
    public async Task SendAsync(string text)
    {
        await _send.WaitAsync();
        try
        {
            Check?.Take(fromChargePoint: true, text);
            await _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);
        }
        finally
        {
            _send.Release();
        }
    }

    /// <summary>The next call of the service with this action.</summary>
    public async Task<JsonElement> ReceiveAsync(string action, int seconds = 20)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (true)
        {
            (string name, JsonElement payload) = await _received.Reader.ReadAsync(limit.Token);
            if (name == action)
                return payload;
        }
    }

    /// <summary>The link goes without a close frame.</summary>
    public void Abort() => _socket.Abort();

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reader;
        _socket.Dispose();
        _send.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[300_000];
        try
        {
            while (true)
            {
                int length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                    length += part.Count;
                }
                while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Close)
                    break;
                string text = Encoding.UTF8.GetString(buffer, 0, length);
                Frames.Enqueue(text);
                Check?.Take(fromChargePoint: false, text);
                await TakeAsync(JsonDocument.Parse(text).RootElement);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The link is gone.
        }
        foreach (TaskCompletionSource<JsonElement> call in _calls.Values)
            call.TrySetException(new WebSocketException("The link ended before the answer."));
        _received.Writer.TryComplete();
    }

    private async Task TakeAsync(JsonElement frame)
    {
        string id = frame[1].GetString()!;
        switch (frame[0].GetInt32())
        {
            case 3 when _calls.TryRemove(id, out TaskCompletionSource<JsonElement>? call):
                call.TrySetResult(frame[2]);
                break;
            case 4 when _calls.TryRemove(id, out TaskCompletionSource<JsonElement>? call):
                call.TrySetException(new CallErrorException(frame[2].GetString()!, frame[3].GetString()!));
                break;
            case 2:
                string action = frame[2].GetString()!;
                object? answer = _handlers.TryGetValue(action, out Func<JsonElement, object?>? handler) ? handler(frame[3]) : "NotImplemented";
                if (answer is string code)
                    await SendAsync(JsonSerializer.Serialize(new object[] { 4, id, code, "", new { } }));
                else if (answer is not null)
                    await SendAsync(JsonSerializer.Serialize(new[] { 3, id, answer }));
                foreach (Func<Task> tell in _afterAnswer)
                    _later = TellAsync(_later, tell);
                _afterAnswer.Clear();
                _received.Writer.TryWrite((action, frame[3]));
                break;
        }
    }

    private static async Task TellAsync(Task before, Func<Task> tell)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        await tell();
    }
}

/// <summary>A CALLERROR in answer to a call of the test.</summary>
public sealed class CallErrorException(string code, string description) : Exception($"{code}: {description}")
{
    public string Code => code;
}
