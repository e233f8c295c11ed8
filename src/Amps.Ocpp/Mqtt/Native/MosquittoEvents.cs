namespace Amps.Ocpp.Mqtt.Native;

/// <summary>What the library reported during one turn. Filled and emptied by the network thread only.</summary>
internal sealed class MosquittoEvents(int maxPayloadBytes)
{
    public int MaxPayloadBytes => maxPayloadBytes;

    /// <summary>Reason code of CONNACK once it came.</summary>
    public int? ConnectReason { get; private set; }

    /// <summary>Reason code of the broker's DISCONNECT (128 and above), or the library's error code.</summary>
    public int? DisconnectReason { get; private set; }

    /// <summary>First failure of a callback of ours; ends the link.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>The library's newest warning or error.</summary>
    public string? LogLine { get; private set; }

    public List<(int MessageId, int Reason)> Acknowledgements { get; } = [];

    public List<(int MessageId, bool Granted)> SubscribeAnswers { get; } = [];

    public List<(MqttMessage Message, bool TooLarge)> Messages { get; } = [];

    /// <summary>Grows with every packet that was reported.</summary>
    public int Progress { get; private set; }

    public void Connected(int reason) => ConnectReason = reason;

    // The library reports the end of an already refused connection once more, without the broker's reason.
    public void Disconnected(int reason) => DisconnectReason ??= reason;

    public void Published(int messageId, int reason)
    {
        Progress++;
        Acknowledgements.Add((messageId, reason));
    }

    public void Subscribed(int messageId, bool granted)
    {
        Progress++;
        SubscribeAnswers.Add((messageId, granted));
    }

    public void Received(MqttMessage message, int length)
    {
        Progress++;
        Messages.Add((message, length > maxPayloadBytes));
    }

    public void Logged(string line) => LogLine = line;

    public void Fail(Exception exception) => Failure ??= exception;
}
