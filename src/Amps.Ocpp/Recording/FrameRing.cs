using System.Buffers.Binary;
using System.Text;

namespace Amps.Ocpp.Recording;

/// <summary>
/// The newest frames of one charge point in one array of bytes: the oldest make room for new ones. The array starts small and
/// grows only for a charge point that has much to say, so that an idle one costs little.
/// </summary>
internal sealed class FrameRing(MemoryBudget budget)
{
    public const int MaxFrames = 200;
    public const int MaxFrameBytes = 8 * 1024;
    public const int SmallestBytes = 512;
    public const int LargestBytes = 64 * 1024;

    /// <summary>Time, length with the sender's bit, length of what is kept.</summary>
    private const int HeaderBytes = sizeof(long) + sizeof(int) + sizeof(int);

    /// <summary>A frame older than this makes room rather than let the array grow.</summary>
    private static readonly long s_growWithin = TimeSpan.FromMinutes(30).Ticks;

    private readonly Lock _gate = new();
    private byte[] _bytes = [];
    private int _start;
    private int _used;
    private int _frames;
    private bool _gone;

    /// <summary>When it was last written to, UTC ticks.</summary>
    public long LastTicks { get; private set; }

    /// <summary>Nothing is kept.</summary>
    public bool IsEmpty => Volatile.Read(ref _frames) == 0;

    /// <summary>Keeps a frame; false when there is no memory for it, null when this ring was given up and a new one is due.</summary>
    public bool? Add(long ticks, bool fromChargePoint, ReadOnlySpan<byte> frame)
    {
        int kept = Math.Min(frame.Length, MaxFrameBytes);
        lock (_gate)
        {
            if (_gone)
                return null;
            LastTicks = ticks;
            if (!MakeRoom(HeaderBytes + kept, ticks))
                return false;
            Span<byte> header = stackalloc byte[HeaderBytes];
            BinaryPrimitives.WriteInt64LittleEndian(header, ticks);
            BinaryPrimitives.WriteInt32LittleEndian(header[8..], (frame.Length << 1) | (fromChargePoint ? 1 : 0));
            BinaryPrimitives.WriteInt32LittleEndian(header[12..], kept);
            Append(header);
            Append(frame[..kept]);
            _frames++;
            return true;
        }
    }

    /// <summary>The newest frames first.</summary>
    public List<RecordedFrame> Read(int limit)
    {
        lock (_gate)
        {
            var frames = new List<RecordedFrame>(Math.Min(limit, _frames));
            int skip = Math.Max(0, _frames - limit);
            int at = _start;
            Span<byte> header = stackalloc byte[HeaderBytes];
            for (int i = 0; i < _frames; i++)
            {
                Copy(at, header);
                int kept = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
                if (i >= skip)
                    frames.Add(ReadFrame(header, at + HeaderBytes, kept));
                at = Wrap(at + HeaderBytes + kept);
            }
            frames.Reverse();
            return frames;
        }
    }

    /// <summary>Gives its memory back; nothing is kept any more.</summary>
    public void Drop()
    {
        lock (_gate)
        {
            _gone = true;
            budget.Return(_bytes.Length);
            _bytes = [];
            _frames = _used = _start = 0;
        }
    }

    private RecordedFrame ReadFrame(ReadOnlySpan<byte> header, int at, int kept)
    {
        byte[] text = new byte[kept];
        Copy(Wrap(at), text);
        int length = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        return new RecordedFrame(
            new DateTimeOffset(BinaryPrimitives.ReadInt64LittleEndian(header), TimeSpan.Zero), (length & 1) != 0, Encoding.UTF8.GetString(text), length >> 1)
        {
            IsCut = length >> 1 > kept,
        };
    }

    private bool MakeRoom(int needed, long now)
    {
        if (_frames == MaxFrames)
            RemoveOldest();
        while (_bytes.Length - _used < needed)
        {
            bool full = _bytes.Length >= needed && _frames > 0 && now - OldestTicks() > s_growWithin;
            if (full || !TryGrow(needed))
            {
                if (_frames == 0)
                    return false;
                RemoveOldest();
            }
        }
        return true;
    }

    private bool TryGrow(int needed)
    {
        int size = Math.Max(_bytes.Length, SmallestBytes / 2);
        do
        {
            size *= 2;
        }
        while (size - _used < needed && size < LargestBytes);
        if (size > LargestBytes || !budget.TryTake(size - _bytes.Length))
            return false;
        byte[] larger = GC.AllocateUninitializedArray<byte>(size);
        Copy(_start, larger.AsSpan(0, _used));
        _bytes = larger;
        _start = 0;
        return true;
    }

    private long OldestTicks()
    {
        Span<byte> ticks = stackalloc byte[sizeof(long)];
        Copy(_start, ticks);
        return BinaryPrimitives.ReadInt64LittleEndian(ticks);
    }

    private void RemoveOldest()
    {
        Span<byte> kept = stackalloc byte[sizeof(int)];
        Copy(Wrap(_start + 12), kept);
        int size = HeaderBytes + BinaryPrimitives.ReadInt32LittleEndian(kept);
        _start = Wrap(_start + size);
        _used -= size;
        _frames--;
    }

    private void Append(ReadOnlySpan<byte> source)
    {
        int at = Wrap(_start + _used);
        int first = Math.Min(source.Length, _bytes.Length - at);
        source[..first].CopyTo(_bytes.AsSpan(at));
        source[first..].CopyTo(_bytes);
        _used += source.Length;
    }

    private void Copy(int at, Span<byte> target)
    {
        int first = Math.Min(target.Length, _bytes.Length - at);
        _bytes.AsSpan(at, first).CopyTo(target);
        _bytes.AsSpan(0, target.Length - first).CopyTo(target[first..]);
    }

    private int Wrap(int at) => at >= _bytes.Length ? at - _bytes.Length : at;
}
