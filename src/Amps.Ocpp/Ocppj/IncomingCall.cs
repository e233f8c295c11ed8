using System.Text.Json;

using Amps.Ocpp.Ocppj.Framing;

namespace Amps.Ocpp.Ocppj;

/// <summary>
/// A CALL or SEND of the charge point. Payload and id lie in a pooled buffer and are valid until the task of
/// <see cref="IOcppCallHandler.HandleAsync"/> ended.
/// </summary>
public readonly struct IncomingCall
{
    private readonly ReadOnlyMemory<byte> _id;

    internal IncomingCall(in Frame frame)
    {
        _id = frame.Id;
        Action = frame.Action ?? string.Empty;
        Payload = frame.Payload;
        PayloadWasNull = frame.PayloadWasNull;
        IsSend = frame.Type == RpcMessageTypes.Send;
    }

    /// <summary>For tests of handlers: a CALL as if it had come over a link.</summary>
    /// <param name="messageId">Its id, unescaped.</param>
    /// <param name="action">Its action.</param>
    /// <param name="payload">Its payload, a JSON object in UTF-8.</param>
    public IncomingCall(string messageId, string action, ReadOnlyMemory<byte> payload)
    {
        _id = JsonText.Escape(messageId);
        Action = action;
        Payload = payload;
    }

    /// <summary>The id of the message; a new string at each call.</summary>
    public string MessageId => JsonText.Unescape(_id.Span);

    /// <summary>The action: the shared string where the link's table knows it, else the name as it came, cut at 255 characters.</summary>
    public string Action { get; }

    /// <summary>The payload: a JSON object in UTF-8, well-formed and within the depth limit.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Whether the payload came as <c>null</c> and <see cref="Payload"/> is <c>{}</c> in its place (1.6 only).</summary>
    public bool PayloadWasNull { get; }

    /// <summary>Whether this is a SEND, which has no answer (OCPP 2.1).</summary>
    public bool IsSend { get; }

    /// <summary>Reads the payload into an object. A misfit throws the <see cref="JsonException"/> that the link answers with <c>FormatViolation</c>.</summary>
    public T? ReadPayload<T>(System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => JsonSerializer.Deserialize(Payload.Span, type);
}
