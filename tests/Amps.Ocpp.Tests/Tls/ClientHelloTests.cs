using Amps.Ocpp.Tls;

namespace Amps.Ocpp.Tests.Tls;

/// <summary>What is read out of a client's hello.</summary>
public sealed class ClientHelloTests
{
    private const ushort Tls13 = 0x0304;

    public static TheoryData<byte[], ClientHello> Known => new()
    {
        { Hellos.Old(0x0301), new ClientHello(0x0301, false, true) },
        { Hellos.Old(0x0303), new ClientHello(0x0303, false, true) },
        { Hellos.With([0xC02B, 0x009C], Hellos.Algorithms(0x0403, 0x0401)), new ClientHello(0x0303, true, true) },
        { Hellos.With([0xC02B], Hellos.Algorithms(0x0403, 0x0401)), new ClientHello(0x0303, true, false) },
        { Hellos.With([0xC02F, 0xC02B], Hellos.Algorithms(0x0804)), new ClientHello(0x0303, false, true) },
        { Hellos.With([0x1301], Hellos.Versions(0x7A7A, Tls13, 0x0303), Hellos.Algorithms(0x0503)), new ClientHello(Tls13, true, false) },
        { Hellos.With([0x1301], Hellos.Algorithms(0x0403, 0x0804), Hellos.Versions(Tls13)), new ClientHello(Tls13, true, true) },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void Version_and_kinds_of_keys_are_read(byte[] bytes, ClientHello expected) => Assert.Equal(expected, ClientHello.Read(bytes));

    [Fact]
    public void A_hello_in_two_records_is_joined()
    {
        byte[] whole = Hellos.With([0xC02B], Hellos.Algorithms(0x0403));
        byte[] message = whole[5..];
        byte[] split = [22, 3, 1, 0, 10, .. message[..10], 22, 3, 1, 0, (byte)(message.Length - 10), .. message[10..]];
        Assert.Equal(ClientHello.Read(whole), ClientHello.Read(split));
    }

    [Fact]
    public void Any_bytes_are_survived()
    {
        byte[] whole = Hellos.With([0xC02B, 0x1301], Hellos.Algorithms(0x0403), Hellos.Versions(Tls13));
        for (int length = 0; length < whole.Length; length++)
            ClientHello.Read(whole.AsSpan(0, length));
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] broken = [.. whole];
            for (int k = 0; k < 3; k++)
                broken[random.Next(broken.Length)] = (byte)random.Next(256);
            ClientHello.Read(broken);
        }
    }
}
