using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Gateway;

/// <summary>Handshakes that are odd, slow, many or at the wrong time (faults, rows H13–H23).</summary>
public sealed class HandshakeLimitsTests(HandshakeLimitsTests.Fixture fixture) : IClassFixture<HandshakeLimitsTests.Fixture>
{
    private const int Many = 500;

    public sealed class Fixture : IAsyncLifetime
    {
        public ServiceHost Service { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Amps:Ocpp:Admission=Open");
            await Service.CustomerAsync();
            await Service.RegisterAsync("CP1", "customer", "dev1");
            await Service.RegisterAsync("PINNED", "customer", new { ocppVersion = "2.0.1" }, "dev2");
        }

        public ValueTask DisposeAsync() => Service.DisposeAsync();
    }

    private int Port => fixture.Service.Ocpp.Port;

    [Fact]
    [Trait("row", "H13")]
    public async Task A_subprotocol_other_than_the_one_it_is_pinned_to_is_not_taken_and_told_in_the_log()
    {
        string answer = await RawHandshake.KnockAsync(Port, "/ocpp/PINNED");
        Assert.Equal(101, RawHandshake.Status(answer));
        Assert.DoesNotContain("Sec-WebSocket-Protocol", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(fixture.Service.Lines, line => line.Contains("PINNED", StringComparison.Ordinal) && line.Contains("subprotocol", StringComparison.Ordinal));
    }

    [Theory]
    [Trait("row", "H16")]
    [InlineData("permessage-deflate; server_max_window_bits=7")]
    [InlineData("permessage-deflate; client_max_window_bits; client_max_window_bits")]
    [InlineData("permessage-deflate; unknown_parameter=5")]
    [InlineData("x-webkit-deflate-frame, permessage-bzip2")]
    public async Task An_extension_offered_with_odd_parameters_does_no_harm(string extensions)
    {
        using TcpClient client = await RawHandshake.ConnectAsync(Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /ocpp/DEFLATE HTTP/1.1\r\nHost: localhost\r\n{RawHandshake.Upgrade}Sec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Extensions: {extensions}\r\n\r\n"));
        string answer = await RawHandshake.AnswerAsync(client);
        Assert.Equal(101, RawHandshake.Status(answer));
        Assert.DoesNotContain("Sec-WebSocket-Extensions", answer, StringComparison.OrdinalIgnoreCase);
        await client.GetStream().WriteAsync(Ocppj.RawChargePoint.Encode(Ocppj.RawChargePoint.Text, """[2,"1","Heartbeat",{}]"""u8));
        var buffer = new byte[256];
        int read = await client.GetStream().ReadAsync(buffer).AsTask().WaitAsync(Wait.Limit);
        Assert.Contains("currentTime", Encoding.UTF8.GetString(buffer, 0, read), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("permessage-deflate")]
    [InlineData("permessage-deflate; client_no_context_takeover")]
    [InlineData("permessage-deflate; client_max_window_bits")]
    [InlineData("x-webkit-deflate-frame, permessage-deflate; client_max_window_bits, permessage-deflate")]
    public async Task Compression_is_answered_without_a_context_on_either_side_whatever_was_offered(string extensions)
    {
        string answer = await RawHandshake.KnockAsync(Port, "/ocpp/CONTEXT", $"Sec-WebSocket-Extensions: {extensions}\r\n");
        Assert.Equal(101, RawHandshake.Status(answer));
        string taken = answer.Split("\r\n").Single(line => line.StartsWith("Sec-WebSocket-Extensions", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("server_no_context_takeover", taken, StringComparison.Ordinal);
        Assert.Contains("client_no_context_takeover", taken, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "H17")]
    public async Task Http2_is_not_spoken_and_does_not_hang()
    {
        using TcpClient client = await RawHandshake.ConnectAsync(Port);
        await client.GetStream().WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        // Ends by itself, in words of either version.
        Assert.DoesNotContain(" 101 ", await RawHandshake.AnswerAsync(client), StringComparison.Ordinal);
    }

    [Theory]
    [Trait("row", "H18")]
    [InlineData("count")]
    [InlineData("size")]
    [InlineData("host")]
    [InlineData("authorization")]
    public async Task Headers_have_limits(string what)
    {
        string answer = what switch
        {
            "count" => await RawHandshake.KnockAsync(Port, "/ocpp/CP1", string.Concat(Enumerable.Range(0, 200).Select(i => $"X-{i}: 1\r\n"))),
            "size" => await RawHandshake.KnockAsync(Port, "/ocpp/CP1", $"X-Long: {new string('x', 33 * 1024)}\r\n"),
            "host" => await RawHandshake.KnockAsync(Port, "/ocpp/CP1", host: "a b/c"),
            _ => await RawHandshake.KnockAsync(Port, "/ocpp/SECRET", "Authorization: Basic U0VDUkVUOmE=\r\nAuthorization: Basic U0VDUkVUOmI=\r\n"),
        };
        Assert.Contains(RawHandshake.Status(answer), what == "authorization" ? new[] { 101, 400, 401 } : [400, 431]);
    }

    [Fact]
    [Trait("row", "H19")]
    [Trait("row", "H20")]
    public async Task Whoever_sends_slowly_or_nothing_is_dropped_and_others_connect_meanwhile()
    {
        TcpClient[] slow = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => RawHandshake.ConnectAsync(Port)));
        TcpClient[] silent = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => RawHandshake.ConnectAsync(Port)));
        byte[] request = Encoding.ASCII.GetBytes("GET /ocpp/CP1 HTTP/1.1\r\nHost: localhost\r\n" + RawHandshake.Upgrade);
        Task trickle = Task.WhenAll(slow.Select(async client =>
        {
            try
            {
                for (int i = 0; i < request.Length - 1; i++)
                {
                    await client.GetStream().WriteAsync(request.AsMemory(i, 1));
                    await Task.Delay(500);
                }
                Assert.Fail("The service let a handshake take a minute.");
            }
            catch (IOException)
            {
                // Dropped, as it must be.
            }
        }));
        for (int i = 0; i < 20; i++)
            Assert.Equal(101, RawHandshake.Status(await RawHandshake.KnockAsync(Port, $"/ocpp/QUICK{i}")));
        await trickle;
        foreach (TcpClient client in silent)
            Assert.Equal(0, RawHandshake.Status(await RawHandshake.AnswerAsync(client)));
        foreach (TcpClient client in slow.Concat(silent))
            client.Dispose();
    }

    [Fact]
    [Trait("row", "H21")]
    public async Task Hundreds_that_come_at_once_all_get_in()
    {
        TestChargePoint[] all = await Task.WhenAll(Enumerable.Range(0, Many).Select(i => TestChargePoint.ConnectAsync(fixture.Service.Ocpp, $"STORM{i}")));
        await Task.WhenAll(all.Select(charger => charger.CallAsync("BootNotification", new { chargePointVendor = "V", chargePointModel = "M" })));
        foreach (TestChargePoint charger in all)
            await charger.DisposeAsync();
    }

    [Fact]
    [Trait("row", "H22")]
    public async Task While_the_service_goes_down_links_end_with_1001_and_newcomers_are_sent_away()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Amps:Ocpp:Admission=Open");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        using TcpClient early = await RawHandshake.ConnectAsync(service.Ocpp.Port);
        await early.GetStream().WriteAsync("GET /ocpp/CP2 HTTP/1.1\r\n"u8.ToArray());
        Task stop = service.StopAsync();
        await charger.Closed.WaitAsync(Wait.Limit);
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, charger.CloseStatus);
        await early.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"Host: localhost\r\n{RawHandshake.Upgrade}Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n"));
        string answer = await RawHandshake.AnswerAsync(early);
        // Either the listener is gone already, or the answer says when to come again.
        if (answer.Length > 0)
        {
            Assert.Equal(503, RawHandshake.Status(answer));
            Assert.Contains("Retry-After", answer, StringComparison.OrdinalIgnoreCase);
        }
        await stop;
    }
}
