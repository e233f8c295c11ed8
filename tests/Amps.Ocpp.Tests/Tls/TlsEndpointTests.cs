using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Tls;

/// <summary>The TLS endpoint itself: versions, suites, certificates, their renewal, handshakes that stall.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class TlsEndpointTests(TlsEndpointTests.Fixture fixture) : IClassFixture<TlsEndpointTests.Fixture>
{
    public sealed class Fixture : IAsyncLifetime
    {
        public TlsHouse House { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            House = await TlsHouse.StartAsync();
            await House.RegisterAsync("CP1");
        }

        public ValueTask DisposeAsync() => House.DisposeAsync();
    }

    private TlsHouse House => fixture.House;

    private static string KeyOf(SslStream stream) => new X509Certificate2(stream.RemoteCertificate!).PublicKey.Oid.FriendlyName!;

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task TLS_1_2_and_1_3_are_spoken(SslProtocols version)
    {
        await using SslStream stream = await House.ConnectAsync(options => options.EnabledSslProtocols = version);
        Assert.Equal(version, stream.SslProtocol);
        Assert.Equal(101, await TlsHouse.KnockAsync(stream, "CP1"));
    }

    [Theory]
    [InlineData(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "ECC")]
    [InlineData(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "ECC")]
    [InlineData(TlsCipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256, "RSA")]
    [InlineData(TlsCipherSuite.TLS_RSA_WITH_AES_256_GCM_SHA384, "RSA")]
    [InlineData(TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "RSA")]
    public async Task The_certificate_is_chosen_by_what_the_client_takes(TlsCipherSuite suite, string key)
    {
        await using SslStream stream = await House.ConnectAsync(options =>
        {
            options.EnabledSslProtocols = SslProtocols.Tls12;
            options.CipherSuitesPolicy = new CipherSuitesPolicy([suite]);
        });
        Assert.Equal((suite, key), (stream.NegotiatedCipherSuite, KeyOf(stream)));
    }

    [Fact]
    public async Task A_client_that_takes_both_gets_the_elliptic_certificate_and_its_chain()
    {
        int shown = 0;
        await using SslStream stream = await House.ConnectAsync(options => options.RemoteCertificateValidationCallback = (_, _, chain, errors) =>
        {
            shown = chain!.ChainPolicy.ExtraStore.Count;
            return errors == SslPolicyErrors.None;
        });
        Assert.Equal("ECC", KeyOf(stream));
        Assert.True(shown >= 1);
    }

    [Fact]
    [Trait("row", "S12")]
    public async Task Weak_suites_are_refused_with_an_event_and_others_are_not_disturbed()
    {
        await using TestChargePoint present = await TestChargePoint.BootAsync(House.Service.Ocpp, "CP1");
        await Assert.ThrowsAnyAsync<Exception>(() => House.ConnectAsync(options =>
        {
            options.EnabledSslProtocols = SslProtocols.Tls12;
            options.CipherSuitesPolicy = new CipherSuitesPolicy([TlsCipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA]);
        }));
        await House.LoggedAsync("TLSHandshakeFailed", "127.0.0.1");
        await present.CallAsync("Heartbeat", new { });
    }

    [Theory]
    [Trait("row", "S12")]
    [InlineData(0x0300)]
    [InlineData(0x0301)]
    [InlineData(0x0302)]
    public async Task Versions_below_1_2_are_refused_with_an_event(int version)
    {
        int before = Events();
        // In a flood of refusals, such as another test makes, not each is logged.
        await Wait.UntilAsync(async () =>
        {
            await RefusedAsync(version);
            await Task.Delay(100);
            return Events() > before;
        }, "the event");

        int Events() => House.Service.Lines.Count(line => line.Contains("InvalidTLSVersion"));
    }

    private async Task RefusedAsync(int version)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, House.Port);
        await client.GetStream().WriteAsync(Hellos.Old(version));
        byte[] answer = new byte[64];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        int read = await client.GetStream().ReadAsync(answer, limit.Token);
        // A fatal alert, or the end: never a ServerHello.
        Assert.True(read == 0 || answer[0] == 21, $"record type {answer[0]}");
    }

    [Fact]
    [Trait("row", "S12")]
    public async Task What_is_not_TLS_at_all_is_refused()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, House.Port);
        await client.GetStream().WriteAsync("GET /ocpp/CP1 HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        byte[] answer = new byte[64];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        int read = await client.GetStream().ReadAsync(answer, limit.Token);
        Assert.False(read > 4 && answer.AsSpan().StartsWith("HTTP/1.1 101"u8));
    }

    [Fact]
    [Trait("row", "S14")]
    public async Task A_renewed_certificate_is_used_by_new_handshakes_and_links_that_are_up_stay()
    {
        await using TlsHouse house = await TlsHouse.StartAsync();
        await house.RegisterAsync("CP1");
        await using SslStream present = await house.ConnectAsync();
        Assert.Equal(101, await TlsHouse.KnockAsync(present, "CP1"));
        using WebSocket link = WebSocket.CreateFromStream(present, new WebSocketCreationOptions());
        house.BreakCertificate();
        await Wait.UntilAsync(async () =>
        {
            await using SslStream stream = await house.ConnectAsync();
            return house.Service.Lines.Any(line => line.Contains("changed and cannot be used"));
        }, "the broken pair is told");
        house.RenewCertificate("renewed.example");
        await Wait.UntilAsync(async () =>
        {
            await using SslStream stream = await house.ConnectAsync();
            return stream.RemoteCertificate!.Subject.Contains("renewed.example");
        }, "the new certificate");
        await link.SendAsync("""[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]"""u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        byte[] answer = new byte[500];
        ValueWebSocketReceiveResult result = await link.ReceiveAsync(answer.AsMemory(), CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.StartsWith("[3,\"1\"", System.Text.Encoding.UTF8.GetString(answer, 0, result.Count));
    }

    [Fact]
    [Trait("row", "S18")]
    public async Task Handshakes_that_stall_are_dropped_and_others_get_in_meanwhile()
    {
        const int Count = 1000;
        // A house of its own: the flood of refusals would keep those of other tests out of the log.
        await using TlsHouse house = await TlsHouse.StartAsync();
        await house.RegisterAsync("CP1", new { });
        byte[] half = Hellos.Old(0x0303)[..40];
        Socket[] stalled = await Task.WhenAll(Enumerable.Range(0, Count).Select(async i =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, house.Port);
            // Some say nothing, some stop in the middle of their hello.
            if (i % 2 == 0)
                await socket.SendAsync(half);
            return socket;
        }));
        Assert.Equal(101, await house.KnockAsync("CP1"));
        byte[] answer = new byte[100];
        await Task.WhenAll(stalled.Select(async socket =>
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
            try
            {
                while (await socket.ReceiveAsync(answer, limit.Token) > 0)
                {
                }
            }
            catch (SocketException)
            {
                // Reset: dropped as well.
            }
            socket.Dispose();
        }));
    }
}
