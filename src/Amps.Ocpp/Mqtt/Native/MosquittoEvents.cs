using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Amps.Ocpp.Mqtt.Native;

/// <summary>What the library's thread tells: copied out of its memory and passed on, nothing more.</summary>
internal abstract record MosquittoEvent;

internal sealed record ConnectEvent(int ReasonCode) : MosquittoEvent;

internal sealed record DisconnectEvent(int Code) : MosquittoEvent;

internal sealed record PublishedEvent(int Mid, int ReasonCode) : MosquittoEvent;

internal sealed record MessageEvent(MqttMessage Message) : MosquittoEvent;

/// <summary>
/// The callbacks of one client. They run on the library's thread under its own lock, so they take no lock of ours: they only
/// write into a channel, and wait there when it is full, which holds back the broker.
/// </summary>
internal sealed unsafe class MosquittoEvents : IDisposable
{
    private const int Capacity = 65_536;
    private readonly Channel<MosquittoEvent> _events = Channel.CreateBounded<MosquittoEvent>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private GCHandle _self;

    public MosquittoEvents() => _self = GCHandle.Alloc(this);

    /// <summary>The context that the library hands back to the callbacks.</summary>
    public nint Context => GCHandle.ToIntPtr(_self);

    public ChannelReader<MosquittoEvent> Reader => _events.Reader;

    public static void Register(nint client)
    {
        LibMosquitto.OnConnect(client, &Connected);
        LibMosquitto.OnDisconnect(client, &Disconnected);
        LibMosquitto.OnPublish(client, &Published);
        LibMosquitto.OnMessage(client, &Arrived);
    }

    /// <summary>To be called only when the library's thread has ended.</summary>
    public void Dispose()
    {
        _events.Writer.TryComplete();
        if (_self.IsAllocated)
            _self.Free();
    }

    /// <summary>Ends the reading side, so that a thread that waits for room goes on.</summary>
    public void Complete() => _events.Writer.TryComplete();

    [UnmanagedCallersOnly]
    private static void Connected(nint client, nint context, int reasonCode, int flags, nint properties) => Pass(context, new ConnectEvent(reasonCode));

    [UnmanagedCallersOnly]
    private static void Disconnected(nint client, nint context, int code, nint properties) => Pass(context, new DisconnectEvent(code));

    [UnmanagedCallersOnly]
    private static void Published(nint client, nint context, int mid, int reasonCode, nint properties) => Pass(context, new PublishedEvent(mid, reasonCode));

    [UnmanagedCallersOnly]
    private static void Arrived(nint client, nint context, LibMosquitto.Message* message, nint properties)
    {
        string topic = Marshal.PtrToStringUTF8((nint)message->Topic) ?? "";
        byte[] payload = new ReadOnlySpan<byte>(message->Payload, message->PayloadLength).ToArray();
        Pass(context, new MessageEvent(new MqttMessage(topic, payload, message->Retain != 0)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Pass(nint context, MosquittoEvent happened)
    {
        if (GCHandle.FromIntPtr(context).Target is not MosquittoEvents events || events._events.Writer.TryWrite(happened))
            return;
        try
        {
            events._events.Writer.WriteAsync(happened).AsTask().GetAwaiter().GetResult();
        }
        catch (ChannelClosedException)
        {
            // The client is ending; an exception must not reach the library.
        }
    }
}
