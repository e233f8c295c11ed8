using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Amps.Ocpp.Hosting;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Hosting;

/// <summary>Charge points' addresses as a load balancer tells them.</summary>
public sealed class ProxyProtocolTests
{
    private static byte[] Header(string source, byte command = 0x21)
    {
        byte[] address = IPAddress.Parse(source).GetAddressBytes();
        byte family = (byte)(address.Length == 4 ? 0x11 : 0x21);
        byte[] body = [.. address, .. address, 0x30, 0x39, 0x23, 0x28];
        return [.. "\r\n\r\n\0\r\nQUIT\n"u8, command, family, 0, (byte)body.Length, .. body];
    }

    [Theory]
    [InlineData("203.0.113.7")]
    [InlineData("2001:db8::7")]
    public void A_header_names_the_client_wherever_it_is_cut(string address)
    {
        byte[] header = Header(address);
        for (int length = 1; length < header.Length; length++)
            Assert.Equal(ProxyHeaderKind.Incomplete, ProxyHeader.Read(new ReadOnlySequence<byte>(header, 0, length), out _, out _));
        var whole = new ReadOnlySequence<byte>([.. header, .. "GET"u8]);
        Assert.Equal(ProxyHeaderKind.Complete, ProxyHeader.Read(whole, out IPEndPoint? source, out SequencePosition end));
        Assert.Equal(new IPEndPoint(IPAddress.Parse(address), 0x3039), source);
        Assert.Equal("GET", Encoding.ASCII.GetString(whole.Slice(end)));
    }

    [Fact]
    public void The_balancers_own_connections_have_no_address_and_whatever_else_begins_so_is_broken()
    {
        Assert.Equal(ProxyHeaderKind.Complete, Read(Header("203.0.113.7", command: 0x20), out IPEndPoint? source));
        Assert.Null(source);
        Assert.Equal(ProxyHeaderKind.Broken, Read(Header("203.0.113.7", command: 0x11), out _));
        Assert.Equal(ProxyHeaderKind.Broken, Read([.. Header("203.0.113.7").AsSpan(0, 14), 0xFF, 0xFF], out _));
        Assert.Equal(ProxyHeaderKind.Broken, Read([.. Header("203.0.113.7").AsSpan(0, 14), 0, 0], out _));
        Assert.Equal(ProxyHeaderKind.None, Read("GET / HTTP/1.1"u8.ToArray(), out _));

        static ProxyHeaderKind Read(byte[] bytes, out IPEndPoint? source) => ProxyHeader.Read(new ReadOnlySequence<byte>(bytes), out source, out _);
    }

    [Fact]
    public async Task Who_guesses_holds_up_his_own_address_and_nobody_elses_behind_the_same_balancer()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Amps:Ocpp:ProxyProtocol=true", "Amps:Ocpp:Admission=Closed");
        for (int i = 0; i < 20; i++)
            Assert.Equal("404", await KnockAsync(service, "203.0.113.7", $"GUESS{i}"));
        Assert.Equal("429", await KnockAsync(service, "203.0.113.7", "GUESS-AGAIN"));
        Assert.Equal("404", await KnockAsync(service, "203.0.113.8", "ANOTHER"));

        // This machine's own links need no header.
        using ApiClient _ = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint own = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        await own.StatusAsync("Preparing");
    }

    [Fact]
    [Trait("row", "X11")]
    public async Task What_a_client_says_of_its_own_address_is_not_believed()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Amps:Ocpp:Admission=Closed");
        for (int i = 0; i < 20; i++)
            Assert.Equal("404", await KnockAsync(service, [], $"GUESS{i}", Claim(i)));
        Assert.Equal("429", await KnockAsync(service, [], "GUESS-AGAIN", Claim(99)));
        Assert.Equal("400", await KnockAsync(service, Header("203.0.113.7"), "CP1", ""));

        static string Claim(int i) => $"X-Forwarded-For: 203.0.113.{i}\r\nX-Real-IP: 203.0.113.{i}\r\nForwarded: for=203.0.113.{i}\r\n";
    }

    private static Task<string> KnockAsync(ServiceHost service, string address, string identity) => KnockAsync(service, Header(address), identity, "");

    private static async Task<string> KnockAsync(ServiceHost service, byte[] before, string identity, string headers)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, service.Ocpp.Port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(before);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /ocpp/{identity} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + headers + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"));
        using var reader = new StreamReader(stream);
        string line = await reader.ReadLineAsync().WaitAsync(Wait.Limit) ?? "";
        return line.Split(' ')[1];
    }
}
