using System.Buffers;

namespace Amps.Ocpp.Ocppj.Framing;

/// <summary>Writes messages into rented arrays.</summary>
internal static class FrameWriter
{
    private const int MaxDescription = 255;

    public static PooledFrame Call(string id, string action, ReadOnlySpan<byte> payload)
    {
        var escapedId = JsonText.Escape(id);
        var escapedAction = JsonText.Escape(action);
        var writer = new Writer(escapedId.Length + escapedAction.Length + payload.Length + 16);
        writer.Append("[2,\""u8);
        writer.Append(escapedId.Span);
        writer.Append("\",\""u8);
        writer.Append(escapedAction.Span);
        writer.Append("\","u8);
        writer.Append(payload);
        writer.Append("]"u8);
        return writer.Frame;
    }

    /// <param name="escapedId">The id as it stands between the quotes.</param>
    /// <param name="payload">A JSON object.</param>
    public static PooledFrame CallResult(ReadOnlySpan<byte> escapedId, ReadOnlySpan<byte> payload)
    {
        var writer = new Writer(escapedId.Length + payload.Length + 16);
        writer.Append("[3,\""u8);
        writer.Append(escapedId);
        writer.Append("\","u8);
        writer.Append(payload);
        writer.Append("]"u8);
        return writer.Frame;
    }

    /// <param name="escapedId">The id as it stands between the quotes; empty for an unreadable one, which the standards spell "-1".</param>
    /// <param name="details">A JSON object; empty for none.</param>
    public static PooledFrame CallError(ReadOnlySpan<byte> escapedId, string code, string description, ReadOnlySpan<byte> details) =>
        Error("[4,\""u8, escapedId, code, description, details);

    /// <inheritdoc cref="CallError"/>
    public static PooledFrame CallResultError(ReadOnlySpan<byte> escapedId, string code, string description, ReadOnlySpan<byte> details) =>
        Error("[5,\""u8, escapedId, code, description, details);

    private static PooledFrame Error(ReadOnlySpan<byte> start, ReadOnlySpan<byte> escapedId, string code, string description, ReadOnlySpan<byte> details)
    {
        var escapedCode = JsonText.Escape(code);
        var escapedDescription = JsonText.Escape(JsonText.Cut(description, MaxDescription));
        var writer = new Writer(escapedId.Length + escapedCode.Length + escapedDescription.Length + details.Length + 24);
        writer.Append(start);
        writer.Append(escapedId.IsEmpty ? "-1"u8 : escapedId);
        writer.Append("\",\""u8);
        writer.Append(escapedCode.Span);
        writer.Append("\",\""u8);
        writer.Append(escapedDescription.Span);
        writer.Append("\","u8);
        writer.Append(details.IsEmpty ? "{}"u8 : details);
        writer.Append("]"u8);
        return writer.Frame;
    }

    private ref struct Writer(int capacity)
    {
        private readonly byte[] _array = ArrayPool<byte>.Shared.Rent(capacity);
        private int _length;

        public readonly PooledFrame Frame => new(_array, _length);

        public void Append(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_array.AsSpan(_length));
            _length += bytes.Length;
        }
    }
}
