using System.Text;
using System.Text.Json;

namespace Amps.Ocpp.Ocppj.Framing;

/// <summary>Reads one message in one pass, without a tree of objects (OCPP-J 1.6 §4.2, OCPP 2.x part 4 §4.2).</summary>
internal static class FrameParser
{
    private const int MaxIdBytes = 255;
    private const int MaxActionLength = 255;

    private static readonly ReadOnlyMemory<byte> s_emptyObject = "{}"u8.ToArray();

    /// <summary>Never throws: what is wrong with the message is in <see cref="Frame.Fault"/>, and what could be read before it is kept.</summary>
    public static Frame Parse(ReadOnlyMemory<byte> json, OcppConnectionOptions options)
    {
        Frame frame = default;
        try
        {
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = options.MaxDepth });
            ReadMessage(ref reader, json, options, ref frame);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            Fail(ref frame, FrameFault.Malformed, "The message is not well-formed JSON, or nested too deep.");
        }

        return frame;
    }

    private static void ReadMessage(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, OcppConnectionOptions options, ref Frame frame)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Fail(ref frame, FrameFault.Malformed, "The message is no JSON array.");
            return;
        }

        if (!NextElement(ref reader))
        {
            Fail(ref frame, FrameFault.Malformed, "The message is an empty array.");
            return;
        }

        frame.Type = ReadType(ref reader) & options.MessageTypes;
        if (frame.Type == RpcMessageTypes.None)
        {
            Fail(ref frame, FrameFault.UnknownType, "The message type is not supported.");
        }

        reader.Skip();
        if (!NextElement(ref reader))
        {
            Fail(ref frame, FrameFault.Malformed, "The message has no id.");
            return;
        }

        if (!TryReadId(ref reader, json, ref frame))
        {
            Fail(ref frame, FrameFault.UnusableId, "The message id is no string of 1 to 255 bytes.");
        }

        reader.Skip();
        switch (frame.Fault == FrameFault.None ? frame.Type : RpcMessageTypes.None)
        {
            case RpcMessageTypes.Call or RpcMessageTypes.Send:
                ReadCall(ref reader, json, options, ref frame);
                break;
            case RpcMessageTypes.CallResult:
                frame.Payload = NextElement(ref reader) ? ReadValue(ref reader, json) : s_emptyObject;
                break;
            case RpcMessageTypes.CallError or RpcMessageTypes.CallResultError:
                ReadError(ref reader, json, ref frame);
                break;
        }

        ReadToEnd(ref reader, options, ref frame);
    }

    private static void ReadCall(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, OcppConnectionOptions options, ref Frame frame)
    {
        if (!NextElement(ref reader) || reader.TokenType != JsonTokenType.String)
        {
            Fail(ref frame, FrameFault.Malformed, "The call has no action.");
            reader.Skip();
            return;
        }

        var contentStart = (int)reader.TokenStartIndex;
        frame.Action = (reader.ValueIsEscaped ? null : options.ActionNames?.Invoke(reader.ValueSpan))
            ?? JsonText.Cut(reader.GetString()!, MaxActionLength);
        if (!NextElement(ref reader))
        {
            Fail(ref frame, FrameFault.Malformed, "The call has no payload.");
            return;
        }

        if (reader.TokenType == JsonTokenType.StartObject)
        {
            frame.Payload = ReadValue(ref reader, json);
        }
        else if (reader.TokenType == JsonTokenType.Null && options.TakeNullPayload)
        {
            frame.PayloadWasNull = true;
            frame.Payload = s_emptyObject;
        }
        else
        {
            Fail(ref frame, FrameFault.PayloadNotObject, "The payload is no JSON object.");
            reader.Skip();
        }

        frame.Content = json[contentStart..(int)reader.BytesConsumed];
    }

    private static void ReadError(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, ref Frame frame)
    {
        frame.ErrorCode = string.Empty;
        frame.ErrorDescription = string.Empty;
        if (!NextElement(ref reader))
        {
            return;
        }

        frame.ErrorCode = ReadText(ref reader, json);
        if (!NextElement(ref reader))
        {
            return;
        }

        frame.ErrorDescription = ReadText(ref reader, json);
        if (NextElement(ref reader))
        {
            var isNull = reader.TokenType == JsonTokenType.Null;
            var details = ReadValue(ref reader, json);
            frame.Payload = isNull ? default : details;
        }
    }

    /// <summary>Skips what may still stand in the array and proves that nothing stands behind it.</summary>
    private static void ReadToEnd(ref Utf8JsonReader reader, OcppConnectionOptions options, ref Frame frame)
    {
        while (NextElement(ref reader))
        {
            if (options.StrictEnvelope && frame.Type == RpcMessageTypes.Call)
            {
                Fail(ref frame, FrameFault.SurplusElements, "The call has more than four elements.");
            }

            reader.Skip();
        }

        reader.Read();
    }

    private static bool NextElement(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.EndArray && reader.CurrentDepth == 0)
        {
            return false;
        }

        reader.Read();
        return reader.TokenType != JsonTokenType.EndArray;
    }

    /// <summary>Only the plain digits 2 to 6 are types: neither "2" nor 2.0.</summary>
    private static RpcMessageTypes ReadType(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.Number || reader.ValueSpan.Length != 1 || reader.ValueSpan[0] is < (byte)'2' or > (byte)'6')
        {
            return RpcMessageTypes.None;
        }

        return (RpcMessageTypes)(1 << (reader.ValueSpan[0] - '0'));
    }

    private static bool TryReadId(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, ref Frame frame)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length is 0 or > MaxIdBytes)
        {
            return false;
        }

        if (!reader.ValueIsEscaped)
        {
            frame.Id = json.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
            return true;
        }

        try
        {
            frame.Id = JsonText.Escape(reader.GetString()!);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static ReadOnlyMemory<byte> ReadValue(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed];
    }

    /// <summary>A string as its text, null as nothing, anything else as it stands.</summary>
    private static string ReadText(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return string.Empty;
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            return Encoding.UTF8.GetString(ReadValue(ref reader, json).Span);
        }

        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(reader.ValueSpan);
        }
    }

    private static void Fail(ref Frame frame, FrameFault fault, string text)
    {
        if (frame.Fault == FrameFault.None || fault == FrameFault.Malformed)
        {
            frame.Fault = fault;
            frame.FaultText = text;
        }
    }
}
