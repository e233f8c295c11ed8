using System.Runtime.InteropServices;

namespace Amps.Ocpp.Mqtt.Native;

/// <summary>
/// One connection: made, run and freed by the network thread. A connection is never used twice, because the library would send
/// what was in flight again on the next one, long after the callers were told that it failed.
/// <see cref="Publish"/> and <see cref="Subscribe"/> may be called from other threads until <see cref="Dispose"/> begins.
/// </summary>
internal sealed unsafe class MosquittoLink : IDisposable
{
    private const int KeepAliveSeconds = 30;

    // What one turn may read before it writes and looks at acknowledgements again.
    private const int ReadsPerTurn = 128;

    private readonly GCHandle<MosquittoEvents> _self;
    private readonly nint _client;
    private bool _lost;

    public MosquittoLink(MqttOptions options, MqttLastWill? lastWill, MosquittoEvents events)
    {
        Events = events;
        _self = new GCHandle<MosquittoEvents>(events);
        _client = LibMosquitto.New(options.ClientId, cleanStart: true, GCHandle<MosquittoEvents>.ToIntPtr(_self));
        if (_client == 0)
            throw new InvalidOperationException("The MQTT client library has no memory for a connection.");
        Check(LibMosquitto.SetOption(_client, LibMosquitto.OptionProtocolVersion, 5));
        Check(LibMosquitto.SetOption(_client, LibMosquitto.OptionTcpNoDelay, 1));
        Check(LibMosquitto.SetThreaded(_client, threaded: true));
        if (!string.IsNullOrEmpty(options.Username))
            Check(LibMosquitto.SetCredentials(_client, options.Username, options.Password));
        if (options.Tls && options.CaFile is { } caFile)
            Check(LibMosquitto.SetTls(_client, caFile, null, null, null, 0));
        else if (options.Tls)
            Check(LibMosquitto.SetOption(_client, LibMosquitto.OptionTlsUseSystemAuthorities, 1));
        if (lastWill is not null)
            SetWill(lastWill);
        MosquittoCallbacks.Register(_client);
    }

    public MosquittoEvents Events { get; }

    /// <summary>The library's word for why the link was lost.</summary>
    public string? Error { get; private set; }

    public bool IsLost => _lost || Events.Failure is not null || LibMosquitto.Socket(_client) < 0;

    public bool HasOutput => LibMosquitto.WantsWrite(_client);

    /// <summary>Blocks until TCP and TLS are up or failed; the answer of the broker follows as an event.</summary>
    public string? Connect(MqttOptions options)
    {
        nint properties = 0;
        Check(LibMosquitto.AddProperty(ref properties, LibMosquitto.PropertyMaximumPacketSize, (uint)options.MaxPayloadBytes + 65_536));
        var result = LibMosquitto.Connect(_client, options.Host, options.Port, KeepAliveSeconds, null, properties);
        var error = Marshal.GetLastPInvokeError();
        LibMosquitto.FreeProperties(ref properties);
        return result switch
        {
            LibMosquitto.Success => null,
            LibMosquitto.OutOfSystem => Marshal.GetPInvokeErrorMessage(error),
            _ => NativeText.OfError(result),
        };
    }

    /// <summary>Waits for the network or a wake-up, then does all that can be done without waiting.</summary>
    public void Turn(WakeUp wakeUp, bool mayRead, int timeoutMilliseconds)
    {
        var descriptors = stackalloc LibC.PollDescriptor[2];
        descriptors[0] = new() { Descriptor = wakeUp.Descriptor, Events = LibC.PollIn };
        descriptors[1] = new()
        {
            Descriptor = LibMosquitto.Socket(_client),
            Events = (short)((mayRead ? LibC.PollIn : 0) | (HasOutput ? LibC.PollOut : 0)),
        };
        // A socket that is closed by the other end reports that with whatever is asked for, so one that may not be read is left out.
        var count = descriptors[1].Events == 0 ? 1u : 2u;
        _ = LibC.Poll(descriptors, count, timeoutMilliseconds);
        wakeUp.Clear();
        if (count == 2 && mayRead && (descriptors[1].Returned & ~LibC.PollOut) != 0)
            ReadWhatIsThere();
        if (!_lost && HasOutput)
            Note(LibMosquitto.LoopWrite(_client, 1));
        if (!_lost)
            Note(LibMosquitto.LoopMisc(_client));
    }

    public int Publish(string topic, ReadOnlySpan<byte> payload, MqttPublishOptions options, out int messageId)
    {
        nint properties = 0;
        try
        {
            if (options.MessageExpirySeconds is { } seconds)
                Check(LibMosquitto.AddProperty(ref properties, LibMosquitto.PropertyMessageExpiry, seconds));
            if (options.ResponseTopic is { } responseTopic)
                Check(LibMosquitto.AddProperty(ref properties, LibMosquitto.PropertyResponseTopic, responseTopic));
            if (!options.CorrelationData.IsEmpty)
            {
                fixed (byte* data = options.CorrelationData.Span)
                    Check(LibMosquitto.AddProperty(ref properties, LibMosquitto.PropertyCorrelationData, data, checked((ushort)options.CorrelationData.Length)));
            }
            fixed (byte* data = payload)
                return LibMosquitto.Publish(_client, out messageId, topic, payload.Length, data, (int)options.Qos, options.Retain, properties);
        }
        finally
        {
            LibMosquitto.FreeProperties(ref properties);
        }
    }

    public int Subscribe(string filter, MqttQos qos)
    {
        _ = LibMosquitto.Subscribe(_client, out var messageId, filter, (int)qos, 0, 0);
        return messageId;
    }

    public void Unsubscribe(string filter) => _ = LibMosquitto.Unsubscribe(_client, out _, filter, 0);

    public void Disconnect(bool withWill) => _ = LibMosquitto.Disconnect(_client, withWill ? LibMosquitto.ReasonDisconnectWithWill : 0, 0);

    /// <summary>The library formats a line for every packet while somebody listens, so nobody does once the link is up.</summary>
    public void StopLog() => LibMosquitto.OnLog(_client, null);

    public void Dispose()
    {
        LibMosquitto.Destroy(_client);
        _self.Dispose();
    }

    private static void Check(int result)
    {
        if (result != LibMosquitto.Success)
            throw new InvalidOperationException($"The MQTT client library refused an option: {NativeText.OfError(result)}");
    }

    private void SetWill(MqttLastWill will)
    {
        fixed (byte* payload = will.Payload.Span)
            Check(LibMosquitto.SetWill(_client, will.Topic, will.Payload.Length, payload, (int)MqttQos.AtLeastOnce, will.Retain, 0));
    }

    private void ReadWhatIsThere()
    {
        // One call handles one packet: without the repetition every packet would cost a poll.
        for (var i = 0; i < ReadsPerTurn && !_lost; i++)
        {
            var before = Events.Progress;
            Note(LibMosquitto.LoopRead(_client, 1));
            if (Events.Progress == before)
                return;
        }
    }

    private void Note(int result)
    {
        if (result == LibMosquitto.Success)
            return;
        _lost = true;
        Error ??= NativeText.OfError(result);
    }
}
