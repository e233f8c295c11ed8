using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Amps.Ocpp.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Amps.Ocpp.Tests.HardwareSim;

/// <summary>
/// A central system on loopback that says what a test tells it to, accepts everything else, and holds every frame of the station
/// against the official schemas. It shares no code with the service.
/// </summary>
internal sealed class ScriptedCentralSystem : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _version;
    private readonly ConcurrentQueue<(string Action, JsonObject Payload)> _told = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly ConcurrentDictionary<string, (string Action, TaskCompletionSource<JsonArray> Answer)> _calls = new();
    private readonly SemaphoreSlim _oneSend = new(1);
    private WebSocket? _socket;
    private int _lastId;

    private ScriptedCentralSystem(WebApplication app, string version)
    {
        _app = app;
        _version = version;
    }

    public Uri Url { get; private set; } = null!;

    /// <summary>Gives the result for a call of the station, or a whole frame; null = the usual one.</summary>
    public Func<string, JsonObject, JsonNode?> Script { get; set; } = static (_, _) => null;

    /// <summary>Calls and sends of the station, in order.</summary>
    public IReadOnlyList<(string Action, JsonObject Payload)> Told => [.. _told];

    public IReadOnlyList<string> Violations => [.. _violations];

    /// <summary>What the station answered with <c>CALLRESULTERROR</c>.</summary>
    public ConcurrentQueue<string> ResultErrors { get; } = new();

    /// <summary>CALLERRORs to frames that have no id.</summary>
    public ConcurrentQueue<string> Refusals { get; } = new();

    public string? Subprotocol { get; private set; }

    /// <summary>The header of the present link.</summary>
    public string? Authorization { get; private set; }

    public IReadOnlyList<JsonObject> Of(string action) => [.. Told.Where(told => told.Action == action).Select(told => told.Payload)];

    public static async Task<ScriptedCentralSystem> StartAsync(string version)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        var central = new ScriptedCentralSystem(app, version);
        app.UseWebSockets();
        app.Run(central.AcceptAsync);
        await app.StartAsync();
        central.Url = new Uri(app.Urls.First().Replace("http:", "ws:", StringComparison.Ordinal) + "/ocpp");
        return central;
    }

    /// <summary>Calls the station; its result, or <c>{"error": code}</c>.</summary>
    public async Task<JsonObject> CallAsync(string action, string payload = "{}")
    {
        string id = $"c{Interlocked.Increment(ref _lastId)}";
        var answer = new TaskCompletionSource<JsonArray>(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls[id] = (action, answer);
        await SendAsync(new JsonArray(2, id, action, JsonNode.Parse(payload)).ToJsonString());
        JsonArray frame = await answer.Task.WaitAsync(Wait.Limit);
        return frame[0]!.GetValue<int>() == 3 ? frame[2]!.AsObject() : new JsonObject { ["error"] = frame[2]!.GetValue<string>() };
    }

    public async Task SendAsync(string text)
    {
        await Wait.UntilAsync(() => _socket is { State: WebSocketState.Open }, "the station is connected");
        await _oneSend.WaitAsync();
        try
        {
            await _socket!.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);
        }
        finally
        {
            _oneSend.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket?.Abort();
        await _app.DisposeAsync();
        _oneSend.Dispose();
    }

    private async Task AcceptAsync(HttpContext context)
    {
        Subprotocol = context.WebSockets.WebSocketRequestedProtocols.SingleOrDefault();
        Authorization = context.Request.Headers.Authorization.SingleOrDefault();
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(Subprotocol);
        _socket = socket;
        byte[] storage = new byte[1 << 20];
        try
        {
            while (true)
            {
                int length = 0;
                WebSocketReceiveResult part;
                do
                {
                    part = await socket.ReceiveAsync(new ArraySegment<byte>(storage, length, storage.Length - length), CancellationToken.None);
                    length += part.Count;
                }
                while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Close)
                    return;
                await TakeAsync(JsonNode.Parse(Encoding.UTF8.GetString(storage, 0, length))!.AsArray());
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // The station or the test has cut the link.
        }
    }

    private async Task TakeAsync(JsonArray frame)
    {
        string id = frame[1]!.GetValue<string>();
        switch (frame[0]!.GetValue<int>())
        {
            case 2:
                string action = frame[2]!.GetValue<string>();
                JsonObject payload = frame[3]!.AsObject();
                Check(action, isResponse: false, payload);
                JsonNode answer = Script(action, payload) ?? Usual(action, payload);
                _told.Enqueue((action, payload));
                if (answer is JsonArray whole)
                    whole[1] = id;
                await SendAsync((answer as JsonArray ?? new JsonArray(3, id, answer)).ToJsonString());
                break;
            case 6:
                Check(frame[2]!.GetValue<string>(), isResponse: false, frame[3]!.AsObject(), oneWay: true);
                _told.Enqueue((frame[2]!.GetValue<string>(), frame[3]!.AsObject()));
                break;
            case 5:
                ResultErrors.Enqueue(frame[2]!.GetValue<string>());
                break;
            case var kind when _calls.TryRemove(id, out (string Action, TaskCompletionSource<JsonArray> Answer) call):
                if (kind == 3)
                    Check(call.Action, isResponse: true, frame[2]!.AsObject());
                call.Answer.SetResult(frame);
                break;
            case 4 when id == "-1":
                Refusals.Enqueue(frame.ToJsonString());
                break;
            default:
                _violations.Enqueue($"nobody asked for {frame.ToJsonString()}");
                break;
        }
    }

    private static JsonObject Usual(string action, JsonObject payload) => action switch
    {
        "BootNotification" => new JsonObject { ["status"] = "Accepted", ["interval"] = 300, ["currentTime"] = "2025-06-01T12:00:00Z" },
        "Heartbeat" => new JsonObject { ["currentTime"] = "2025-06-01T12:00:00Z" },
        "Authorize" => new JsonObject { ["idTokenInfo"] = new JsonObject { ["status"] = "Accepted" } },
        "TransactionEvent" when payload["idToken"] is not null => new JsonObject { ["idTokenInfo"] = new JsonObject { ["status"] = "Accepted" } },
        "OpenPeriodicEventStream" => new JsonObject { ["status"] = "Accepted" },
        _ => [],
    };

    private void Check(string action, bool isResponse, JsonObject payload, bool oneWay = false)
    {
        if (!OcppSchemas.Available)
            return;
        foreach (string violation in OcppSchemas.Validate(_version, action, isResponse, payload.ToJsonString(), oneWay))
            _violations.Enqueue($"{action}{(isResponse ? "Response" : "")}: {violation}: {payload.ToJsonString()}");
    }
}
