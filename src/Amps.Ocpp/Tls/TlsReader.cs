using System.Buffers.Binary;

namespace Amps.Ocpp.Tls;

/// <summary>Reads the length-prefixed fields of TLS; past the end everything is zero and the reader is marked as broken.</summary>
internal ref struct TlsReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly int Left => _rest.Length;

    /// <summary>More was asked for than there was.</summary>
    public bool Broken { get; private set; }

    public byte Take8() => Take(1) is [var value] ? value : (byte)0;

    public ushort Take16() => Take(2) is { Length: 2 } value ? BinaryPrimitives.ReadUInt16BigEndian(value) : (ushort)0;

    public void Skip(int count) => Take(count);

    public TlsReader TakeVector8() => new(Take(Take8()));

    public TlsReader TakeVector16() => new(Take(Take16()));

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            Broken = true;
            _rest = default;
            return default;
        }
        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
