using System.Buffers;

namespace Amps.Ocpp.Ocppj.Framing;

/// <summary>An outgoing message in a rented array. Whoever holds it last returns it.</summary>
internal readonly record struct PooledFrame(byte[] Array, int Length)
{
    public ReadOnlyMemory<byte> Memory => Array.AsMemory(0, Length);

    public void Return() => ArrayPool<byte>.Shared.Return(Array);
}
