using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Amps.Ocpp.Mqtt.Native;

/// <summary>
/// Entry points for the library. Each copies what it is given into <see cref="MosquittoEvents"/> and returns: an exception that left
/// one of them would end the process, and the library holds its locks meanwhile.
/// </summary>
internal static unsafe class MosquittoCallbacks
{
    public static void Register(nint client)
    {
        LibMosquitto.OnConnect(client, &Connected);
        LibMosquitto.OnDisconnect(client, &Disconnected);
        LibMosquitto.OnPublish(client, &Published);
        LibMosquitto.OnMessage(client, &Received);
        LibMosquitto.OnSubscribe(client, &Subscribed);
        LibMosquitto.OnLog(client, &Logged);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Connected(nint client, nint userData, int reason, int flags, nint properties) =>
        Events(userData).Connected(reason);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Disconnected(nint client, nint userData, int reason, nint properties) =>
        Events(userData).Disconnected(reason);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Published(nint client, nint userData, int messageId, int reason, nint properties)
    {
        var events = Events(userData);
        try
        {
            events.Published(messageId, reason);
        }
        catch (Exception exception)
        {
            events.Fail(exception);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Subscribed(nint client, nint userData, int messageId, int count, int* granted, nint properties)
    {
        var events = Events(userData);
        try
        {
            events.Subscribed(messageId, count > 0 && granted[0] < 0x80);
        }
        catch (Exception exception)
        {
            events.Fail(exception);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Received(nint client, nint userData, LibMosquitto.Message* message, nint properties)
    {
        var events = Events(userData);
        try
        {
            events.Received(Copy(message, properties, events.MaxPayloadBytes), message->PayloadLength);
        }
        catch (Exception exception)
        {
            events.Fail(exception);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Logged(nint client, nint userData, int level, byte* text)
    {
        if (level is not (LibMosquitto.LogError or LibMosquitto.LogWarning))
            return;
        var events = Events(userData);
        try
        {
            events.Logged(NativeText.Text(text));
        }
        catch (Exception exception)
        {
            events.Fail(exception);
        }
    }

    private static MosquittoEvents Events(nint userData) => GCHandle<MosquittoEvents>.FromIntPtr(userData).Target;

    private static MqttMessage Copy(LibMosquitto.Message* message, nint properties, int maxPayloadBytes)
    {
        string? responseTopic = null;
        byte[] correlationData = [];
        if (properties != 0)
        {
            if (LibMosquitto.ReadProperty(properties, LibMosquitto.PropertyResponseTopic, out var text, skipFirst: false) != 0)
            {
                responseTopic = NativeText.Text(text);
                LibC.Free(text);
            }
            if (LibMosquitto.ReadProperty(properties, LibMosquitto.PropertyCorrelationData, out var data, out var length, skipFirst: false) != 0)
            {
                correlationData = new ReadOnlySpan<byte>(data, length).ToArray();
                LibC.Free(data);
            }
        }
        var fits = message->PayloadLength <= maxPayloadBytes;
        return new MqttMessage
        {
            Topic = NativeText.Text(message->Topic),
            Payload = fits ? new ReadOnlySpan<byte>(message->Payload, message->PayloadLength).ToArray() : [],
            Retained = message->Retain != 0,
            ResponseTopic = responseTopic,
            CorrelationData = correlationData,
        };
    }
}
