using System.Buffers.Binary;

using Amps.Ocpp.Ocppj.Framing;

namespace Amps.Ocpp.Ocppj;

/// <summary>What the cache knows about a message id.</summary>
internal enum Repetition
{
    /// <summary>Not seen of late.</summary>
    New,

    /// <summary>The same message again.</summary>
    Same,

    /// <summary>The id of another message.</summary>
    OtherContent,
}

/// <summary>
/// The newest results of one link by message id, so that a repeated call gets its answer again without its effect. Errors are
/// not kept: they had no effect, and a charge point may repeat the call until it succeeds.
/// </summary>
internal sealed class ReplyCache
{
    private const int Capacity = 4;

    private readonly Entry[] _entries = new Entry[Capacity];
    private int _oldest;

    public Repetition Find(in Frame frame, out ReadOnlyMemory<byte> result)
    {
        var id = Hash(frame.Id.Span);
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            if (entry.Id == id && !entry.Result.IsEmpty)
            {
                result = entry.Result;
                return entry.Content == Hash(frame.Content.Span) ? Repetition.Same : Repetition.OtherContent;
            }
        }

        result = default;
        return Repetition.New;
    }

    public void Add(in Frame frame, ReadOnlyMemory<byte> result)
    {
        _entries[_oldest] = new Entry(Hash(frame.Id.Span), Hash(frame.Content.Span), result);
        _oldest = (_oldest + 1) % Capacity;
    }

    /// <summary>64 bits, eight bytes a step. A charge point that forges a collision fools only itself.</summary>
    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        const ulong Factor = 0x9E3779B97F4A7C15;
        var hash = (ulong)bytes.Length * Factor;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes), Factor);
        }

        ulong rest = 0;
        foreach (var value in bytes)
        {
            rest = (rest << 8) | value;
        }

        return Mix(hash ^ rest, Factor);
    }

    private static ulong Mix(ulong left, ulong right)
    {
        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }

    private readonly record struct Entry(ulong Id, ulong Content, ReadOnlyMemory<byte> Result);
}
