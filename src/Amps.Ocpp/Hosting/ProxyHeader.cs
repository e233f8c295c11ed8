using System.Buffers;
using System.Buffers.Binary;
using System.Net;

namespace Amps.Ocpp.Hosting;

/// <summary>What the first bytes of a connection are.</summary>
internal enum ProxyHeaderKind
{
    /// <summary>So far it could become a header.</summary>
    Incomplete,

    /// <summary>The client speaks for itself.</summary>
    None,

    /// <summary>A header, or one of the balancer's own connections without an address.</summary>
    Complete,

    /// <summary>It begins as a header does and is none.</summary>
    Broken,
}

/// <summary>Version 2 of the PROXY protocol (HAProxy, doc/proxy-protocol.txt, section 2.2): who is behind a load balancer.</summary>
internal static class ProxyHeader
{
    private const int FixedLength = 16;
    private const int MaxLength = FixedLength + 1024;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Reads a header at the beginning of what came.</summary>
    /// <param name="received">What came so far.</param>
    /// <param name="source">The client behind the balancer; null where the header names none.</param>
    /// <param name="end">Where the connection's own bytes begin.</param>
    public static ProxyHeaderKind Read(ReadOnlySequence<byte> received, out IPEndPoint? source, out SequencePosition end)
    {
        source = null;
        end = received.Start;
        int length = (int)Math.Min(received.Length, MaxLength);
        Span<byte> header = stackalloc byte[MaxLength];
        header = header[..length];
        received.Slice(0, length).CopyTo(header);
        int common = Math.Min(length, Signature.Length);
        if (!header[..common].SequenceEqual(Signature[..common]))
            return ProxyHeaderKind.None;
        if (length < FixedLength)
            return ProxyHeaderKind.Incomplete;
        int whole = FixedLength + BinaryPrimitives.ReadUInt16BigEndian(header[14..]);
        // Version 2 in the upper half, LOCAL (0) or PROXY (1) in the lower one.
        if (header[12] is not (0x20 or 0x21) || whole > MaxLength)
            return ProxyHeaderKind.Broken;
        if (length < whole)
            return ProxyHeaderKind.Incomplete;
        end = received.GetPosition(whole);
        if (header[12] == 0x20)
            return ProxyHeaderKind.Complete;
        // Family and transport: TCP over IPv4, TCP over IPv6.
        int size = header[13] switch { 0x11 => 4, 0x21 => 16, _ => 0 };
        if (size == 0 || whole < FixedLength + (2 * size) + 4)
            return ProxyHeaderKind.Broken;
        source = new IPEndPoint(new IPAddress(header.Slice(FixedLength, size)), BinaryPrimitives.ReadUInt16BigEndian(header[(FixedLength + (2 * size))..]));
        return ProxyHeaderKind.Complete;
    }
}
