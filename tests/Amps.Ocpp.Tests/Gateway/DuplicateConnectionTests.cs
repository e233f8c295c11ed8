using System.Net.WebSockets;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Gateway;

/// <summary>Two sockets of one identity (faults, "Duplicate connection").</summary>
public sealed class DuplicateConnectionTests
{
    private const string Password = "Password-Of-The-Tests-1";

    [Fact]
    [Trait("row", "C1")]
    [Trait("row", "C4")]
    public async Task Who_proves_the_credential_takes_over_and_who_does_not_is_never_noticed()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", new { password = Password }, "dev1");
        await using TestChargePoint first = await TestChargePoint.BootAsync(service.Ocpp, "CP1", Password);
        await Assert.ThrowsAsync<WebSocketException>(() => TestChargePoint.ConnectAsync(service.Ocpp, "CP1", "wrong-password-here"));
        await first.StatusAsync("Preparing");

        await using TestChargePoint second = await TestChargePoint.BootAsync(service.Ocpp, "CP1", Password);
        await first.Closed.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, first.CloseStatus);
        await second.StatusAsync("Charging");
        await app.UntilAsync("/ev-charger/dev1", read => read.GetProperty("state").GetProperty("status").GetString() == "charging");
        // The late end of the old one removes nothing.
        Assert.True((await service.Operator.DataAsync("/operator/charge-points/CP1")).GetProperty("link").GetProperty("online").GetBoolean());
    }

    [Fact]
    [Trait("row", "C1")]
    public async Task Without_credentials_a_living_link_keeps_its_place()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint first = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        WebSocketException refused = await Assert.ThrowsAsync<WebSocketException>(() => TestChargePoint.ConnectAsync(service.Ocpp, "CP1"));
        Assert.Contains("409", refused.Message);
        await first.StatusAsync("Preparing");
    }

    [Fact]
    [Trait("row", "C2")]
    public async Task Without_credentials_a_dead_link_is_replaced()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        // A peer that was cut off answers no ping: a raw socket that nobody reads.
        using var dead = new System.Net.Sockets.TcpClient();
        await dead.ConnectAsync("127.0.0.1", service.Ocpp.Port);
        await dead.GetStream().WriteAsync("GET /ocpp/CP1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"u8.ToArray());
        byte[] buffer = new byte[1024];
        Assert.True(await dead.GetStream().ReadAsync(buffer) > 0);
        for (int i = 0; i < 200 && !Online(await service.Operator.DataAsync("/operator/charge-points/CP1")); i++)
            await Task.Delay(20);

        await using TestChargePoint alive = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        await alive.StatusAsync("Preparing");
        await app.UntilAsync("/ev-charger/dev1", read => read.GetProperty("state").GetProperty("status").GetString() == "preparing");
    }

    [Fact]
    [Trait("row", "C3")]
    public async Task Two_that_fight_over_an_identity_are_held_off()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        service.ExpectedErrors.Add("two connections fight");
        await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", new { password = Password }, "dev1");
        List<TestChargePoint> all = [];
        for (int i = 0; i < 5; i++)
            all.Add(await TestChargePoint.BootAsync(service.Ocpp, "CP1", Password));
        WebSocketException held = await Assert.ThrowsAsync<WebSocketException>(() => TestChargePoint.ConnectAsync(service.Ocpp, "CP1", Password));
        Assert.Contains("503", held.Message);
        Assert.Contains(service.Errors, error => error.Contains("two connections fight"));
        foreach (TestChargePoint one in all)
            await one.DisposeAsync();
    }

    private static bool Online(System.Text.Json.JsonElement shown) => shown.GetProperty("link").GetProperty("online").GetBoolean();
}
