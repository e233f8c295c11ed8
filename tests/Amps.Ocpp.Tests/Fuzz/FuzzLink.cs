using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Fuzz;

/// <summary>One charge point that sends mutated frames and holds whatever comes back against the frame rules and the official schemas.</summary>
internal sealed class FuzzLink : IAsyncDisposable
{
    /// <summary>Frames sent before the service must have answered all of them.</summary>
    private const int Batch = 10;

    private static readonly HashSet<string> s_errorCodes =
    [
        "NotImplemented", "NotSupported", "InternalError", "ProtocolError", "SecurityError", "FormationViolation", "PropertyConstraintViolation",
        "OccurenceConstraintViolation", "TypeConstraintViolation", "GenericError",
    ];

    private readonly ClientWebSocket _socket;
    private readonly FrameMutator _frames;
    private readonly FrameMutator _answers;
    private readonly string _name;
    private readonly byte[] _buffer = new byte[300_000];
    private int _lastId;

    private FuzzLink(ClientWebSocket socket, string name, Random random)
    {
        _socket = socket;
        _name = name;
        _frames = new FrameMutator(random, FuzzSeeds.Frames);
        _answers = new FrameMutator(random, FuzzSeeds.Answers);
    }

    /// <summary>What came back that must not; the first of it is enough.</summary>
    public List<string> Violations { get; } = [];

    public int Answers { get; private set; }

    public static async Task<FuzzLink> ConnectAsync(Uri ocpp, string name, Random random)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("ocpp1.6");
        await socket.ConnectAsync(new Uri(ocpp, name), CancellationToken.None).WaitAsync(Wait.Limit);
        return new FuzzLink(socket, name, random);
    }

    /// <summary>Sends mutated frames; each batch ends with a call whose answer proves that the link lives.</summary>
    public async Task RunAsync(int frames)
    {
        await ProveAsync("""[2,"{id}","BootNotification",{"chargePointVendor":"VendorX","chargePointModel":"Model"}]""");
        for (int sent = 0; sent < frames && Violations.Count == 0;)
        {
            for (int i = 0; i < Batch; i++, sent++)
                await SendAsync(_frames.Next($"{_name}-{++_lastId}"));
            await ProveAsync("""[2,"{id}","Heartbeat",{}]""");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        _socket.Dispose();
        await Task.CompletedTask;
    }

    private async Task ProveAsync(string call)
    {
        string id = $"proof-{++_lastId}";
        await SendAsync(Encoding.UTF8.GetBytes(call.Replace("{id}", id, StringComparison.Ordinal)));
        while (Violations.Count == 0)
        {
            int length = 0;
            ValueWebSocketReceiveResult part;
            do
            {
                part = await _socket.ReceiveAsync(_buffer.AsMemory(length), CancellationToken.None).AsTask().WaitAsync(Wait.Limit);
                length += part.Count;
            }
            while (!part.EndOfMessage);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                Violations.Add($"The service closed the link: {_socket.CloseStatus} {_socket.CloseStatusDescription}");
                return;
            }
            Answers++;
            if (await TakeAsync(Encoding.UTF8.GetString(_buffer, 0, length)) == id)
                return;
        }
    }

    /// <summary>Checks a frame of the service and returns its id; a call is answered with something mutated.</summary>
    private async Task<string?> TakeAsync(string text)
    {
        try
        {
            JsonElement frame = JsonDocument.Parse(text).RootElement;
            string id = frame[1].GetString()!;
            int type = frame[0].GetInt32();
            bool wellFormed = type switch
            {
                2 => frame.GetArrayLength() == 4 && frame[3].ValueKind == JsonValueKind.Object,
                3 => frame.GetArrayLength() == 3 && frame[2].ValueKind == JsonValueKind.Object,
                4 => frame.GetArrayLength() == 5 && s_errorCodes.Contains(frame[2].GetString()!) && frame[3].GetString()!.Length <= 255 && frame[4].ValueKind == JsonValueKind.Object,
                _ => false,
            };
            if (!wellFormed)
                Violations.Add($"Not a frame of OCPP-J 1.6: {text}");
            if (type == 2)
            {
                if (OcppSchemas.Available && OcppSchemas.Validate("1.6", frame[2].GetString()!, isResponse: false, frame[3].GetRawText()) is [var wrong, ..])
                    Violations.Add($"{wrong}: {text}");
                await SendAsync(_answers.Next(id));
            }
            return id;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IndexOutOfRangeException)
        {
            Violations.Add($"{e.Message}: {text}");
            return null;
        }
    }

    private Task SendAsync(byte[] frame) => _socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None).WaitAsync(Wait.Limit);
}
