using System.Globalization;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Nodes;

/// <summary>Two nodes in this process on one database and one broker; a customer whose key both know.</summary>
public sealed class House(PostgresServer server) : IAsyncLifetime
{
    private string[] _settings = [];

    public MosquittoProcess Broker { get; private set; } = null!;

    public ServiceHost A { get; private set; } = null!;

    public ServiceHost B { get; private set; } = null!;

    public ApiClient AppA { get; private set; } = null!;

    public ApiClient AppB { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Broker = await MosquittoProcess.StartNewAsync();
        _settings =
        [
            "Amps:Mqtt:Mode=External", $"Amps:Mqtt:Port={Broker.Port.ToString(CultureInfo.InvariantCulture)}", "Amps:Reads:CacheSeconds=2", "Amps:Reads:ExpediteSeconds=1",
            "Amps:Node:LeaseSeconds=3", .. await server.SettingsAsync(),
        ];
        A = await StartAsync("a");
        B = await StartAsync("b");
        AppA = await A.CustomerAsync();
        AppB = new ApiClient(B.Api, AppA.Key);
        // The first that asks B must be known there.
        await Wait.UntilAsync(async () => (await AppB.GetAsync("/ev-charger")).GetProperty("success").GetBoolean(), "B knows the key");
    }

    public Task<ServiceHost> StartAsync(string node) => ServiceHost.StartAsync([.. _settings, $"Amps:Node:Id={node}"]);

    /// <summary>Registers on A and connects to a node; it obeys both commands.</summary>
    public async Task<TestChargePoint> ChargerAsync(ServiceHost node, string id, string device, string? password = null)
    {
        await A.RegisterAsync(id, "customer", password is null ? new { } : new { password, securityProfile = 1 }, device);
        await KnownAsync(B, id);
        return await ConnectAsync(node, id, password);
    }

    /// <summary>Waits until a node knows the charge point.</summary>
    public static Task KnownAsync(ServiceHost node, string id) => Wait.UntilAsync(
        async () => (await node.Operator.GetAsync($"/operator/charge-points/{id}")).GetProperty("success").GetBoolean(), $"the node knows {id}");

    public static async Task<TestChargePoint> ConnectAsync(ServiceHost node, string id, string? password = null)
    {
        TestChargePoint charger = await TestChargePoint.BootAsync(node.Ocpp, id, password);
        charger.ObeyCommands();
        await charger.StatusAsync("Preparing");
        return charger;
    }

    /// <summary>Waits until a read at the node shows the charger as connected.</summary>
    public static Task<JsonElement> OnlineAsync(ApiClient app, string device) =>
        app.UntilAsync($"/ev-charger/{device}", data => data.GetProperty("metadata").GetProperty("source").GetString() is "cache" or "live");

    public async ValueTask DisposeAsync()
    {
        AppA.Dispose();
        AppB.Dispose();
        await B.DisposeAsync();
        await A.DisposeAsync();
        await Broker.DisposeAsync();
    }
}
