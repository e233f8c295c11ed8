using System.Buffers;

namespace Amps.Ocpp.Tls;

/// <summary>What a client's first TLS message says of versions and keys (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2).</summary>
/// <param name="NewestVersion">Newest version offered, e.g. 0x0303 for TLS 1.2; 0 = the message could not be read.</param>
/// <param name="TakesEcdsa">A certificate with an elliptic curve key is understood.</param>
/// <param name="TakesRsa">A certificate with an RSA key is understood.</param>
public readonly record struct ClientHello(ushort NewestVersion, bool TakesEcdsa, bool TakesRsa)
{
    public const ushort Tls12 = 0x0303;
    private const ushort Tls13 = 0x0304;
    private const int MaxBytes = 32 * 1024;
    private const ushort SignatureAlgorithms = 13;
    private const ushort SupportedVersions = 43;

    /// <summary>Reads the bytes of the first records; what is broken reads as nothing offered.</summary>
    public static ClientHello Read(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
            return default;
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)bytes.Length);
        try
        {
            bytes.CopyTo(buffer);
            return Read(buffer.AsSpan(0, (int)bytes.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <inheritdoc cref="Read(in ReadOnlySequence{byte})"/>
    public static ClientHello Read(ReadOnlySpan<byte> records)
    {
        Span<byte> message = new byte[records.Length];
        var reader = new TlsReader(message[..Join(records, message)]);
        if (reader.Take8() != 1)
            return default;
        reader.Skip(3);
        ushort newest = reader.Take16();
        reader.Skip(32);
        reader.Skip(reader.Take8());
        TlsReader suites = reader.TakeVector16();
        reader.Skip(reader.Take8());
        bool named = false;
        bool ecdsaNamed = false;
        bool rsaNamed = false;
        TlsReader extensions = reader.Left > 0 ? reader.TakeVector16() : default;
        while (extensions.Left > 0)
        {
            ushort type = extensions.Take16();
            TlsReader body = extensions.TakeVector16();
            if (type == SupportedVersions)
                newest = Newest(body.TakeVector8(), newest);
            if (type == SignatureAlgorithms)
            {
                named = true;
                ReadAlgorithms(body.TakeVector16(), ref ecdsaNamed, ref rsaNamed);
            }
        }
        (bool ecdsa, bool rsa) = ReadSuites(suites);
        bool modern = newest >= Tls13;
        return reader.Broken ? default : new ClientHello(newest, named && ecdsaNamed && (modern || ecdsa), (!named || rsaNamed) && (modern || rsa));
    }

    /// <summary>The handshake message out of its records; the count of its bytes.</summary>
    private static int Join(ReadOnlySpan<byte> records, Span<byte> message)
    {
        int length = 0;
        while (records.Length >= 5 && records[0] == 22)
        {
            int size = Math.Min((records[3] << 8) | records[4], records.Length - 5);
            records.Slice(5, size).CopyTo(message[length..]);
            length += size;
            records = records[(5 + size)..];
        }
        return length;
    }

    private static ushort Newest(TlsReader versions, ushort known)
    {
        while (versions.Left > 0)
        {
            // Values like 0x?A?A are noise that clients put in on purpose (RFC 8701).
            if (versions.Take16() is var version && version <= Tls13 && version > known)
                known = version;
        }
        return known;
    }

    private static void ReadAlgorithms(TlsReader algorithms, ref bool ecdsa, ref bool rsa)
    {
        while (algorithms.Left > 0)
        {
            ushort algorithm = algorithms.Take16();
            ecdsa |= algorithm is 0x0403 or 0x0503 or 0x0603;
            rsa |= algorithm is 0x0401 or 0x0501 or 0x0601 or 0x0804 or 0x0805 or 0x0806;
        }
    }

    private static (bool Ecdsa, bool Rsa) ReadSuites(TlsReader suites)
    {
        bool ecdsa = false;
        bool rsa = false;
        while (suites.Left > 0)
        {
            ushort suite = suites.Take16();
            ecdsa |= suite is 0xC02B or 0xC02C or 0xCCA9;
            rsa |= suite is 0xC02F or 0xC030 or 0xCCA8 or 0x009C or 0x009D;
        }
        return (ecdsa, rsa);
    }
}
