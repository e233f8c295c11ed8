using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Amps.Ocpp.Bench.Servers;

/// <summary>
/// The reference of the charge points' side: the framework's WebSocket with a zero-byte receive and pooled buffers, a walk
/// over the JSON of each call, and an answer of the same bytes as the service's. It knows and keeps nothing.
/// </summary>
internal static class BareWebSocketServer
{
    private const int BufferSize = 4096;

    [ThreadStatic]
    private static Scratch? t_scratch;

    private sealed class Scratch
    {
        public readonly ArrayBufferWriter<byte> Buffer = new(512);
        public readonly Utf8JsonWriter Json;

        public Scratch() => Json = new Utf8JsonWriter(Buffer, new JsonWriterOptions { SkipValidation = true });
    }

    public static WebApplication Build(ServerPlace place)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenLocalhost(place.OcppPort);
        });
        WebApplication app = builder.Build();
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        app.Run(RunAsync);
        return app;
    }

    private static async Task RunAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = "ocpp1.6", KeepAliveInterval = TimeSpan.Zero });
        try
        {
            await ServeAsync(socket);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The client left.
        }
    }

    private static async Task ServeAsync(WebSocket socket)
    {
        while (true)
        {
            ValueWebSocketReceiveResult first = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
            if (first.MessageType == WebSocketMessageType.Close)
                return;
            byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
            int length = 0;
            ValueWebSocketReceiveResult result;
            do
            {
                result = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                length += result.Count;
            }
            while (!result.EndOfMessage);
            int answer = Answer(buffer, length);
            await socket.SendAsync(buffer.AsMemory(0, answer), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads the call and puts its answer in its place.</summary>
    private static int Answer(byte[] buffer, int length)
    {
        var reader = new Utf8JsonReader(buffer.AsSpan(0, length));
        reader.Read();
        reader.Read();
        reader.Read();
        ReadOnlySpan<byte> id = reader.ValueSpan;
        reader.Read();
        bool timed = reader.ValueTextEquals("Heartbeat"u8);
        while (reader.Read())
        {
            // The whole call is walked, as whoever uses any of it has to.
        }
        Scratch scratch = t_scratch ??= new Scratch();
        scratch.Buffer.ResetWrittenCount();
        Utf8JsonWriter json = scratch.Json;
        json.Reset();
        json.WriteStartArray();
        json.WriteNumberValue(3);
        json.WriteStringValue(id);
        json.WriteStartObject();
        if (timed)
            json.WriteString("currentTime"u8, DateTime.UtcNow);
        json.WriteEndObject();
        json.WriteEndArray();
        json.Flush();
        scratch.Buffer.WrittenSpan.CopyTo(buffer);
        return scratch.Buffer.WrittenCount;
    }
}
