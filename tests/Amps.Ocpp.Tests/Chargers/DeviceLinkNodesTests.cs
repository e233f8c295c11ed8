using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Tests.Storage;
using Amps.Ocpp.Tests.Support;
using Amps.Ocpp.Webhooks;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;

namespace Amps.Ocpp.Tests.Chargers;

/// <summary>When a device counts as gone whose node died; two nodes are left, on a real store and a clock that stands still.</summary>
public sealed class DeviceLinkNodesTests : IAsyncLifetime
{
    private static readonly ChargersOptions s_options = new() { Shared = true };
    private static readonly DeviceId s_device = new("left");
    private readonly SqliteStoreFixture _store = new();
    private readonly ManualTimeProvider _clock = new();
    private ChargePointDirectory _directory = null!;
    private Node[] _nodes = [];

    /// <summary>A node's watch, and what the broker tells it of the others: null = the broker is away.</summary>
    private sealed class Node : IDevicesElsewhere
    {
        public DeviceLinkWatch Watch { get; set; } = null!;

        public ChargePoint ChargePoint { get; set; } = null!;

        public bool? Elsewhere { get; set; }

        public bool? Holds(DeviceId device) => Elsewhere;
    }

    public async ValueTask InitializeAsync()
    {
        await _store.OpenAsync();
        await _store.Registry.SaveChargePointAsync(
            Sample.ChargePoint("CP1", new DeviceRecord(s_device, 1)) with
            {
                CustomerId = "acme",
                Admission = Admission.Accepted,
                Boot = new BootData("Vendor", "Model", null, "1", "1.6", Sample.Noon),
            },
            default);
        await _store.WebhookEndpoints.AddAsync(
            new WebhookEndpoint
            {
                Id = "wh_1",
                CustomerId = "acme",
                Environment = ApiEnvironment.Live,
                Url = "https://hooks.example/",
                Events = OutboxEventTypes.All,
                Secret = [1],
                CreatedAt = _clock.GetUtcNow(),
            },
            default);
        _directory = new ChargePointDirectory(_store.Registry);
        _directory.Load((await _store.Registry.LoadAsync(default)).ChargePoints);
        // The third, now dead, told that the device is there.
        Node third = await StartAsync();
        await ConnectAsync(third, generation: 1);
        await third.Watch.SweepAsync(default);
        _nodes = [await StartAsync(), await StartAsync()];
        Array.ForEach(_nodes, node => node.Elsewhere = true);
        await SweepAsync(20);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private async Task<Node> StartAsync()
    {
        var node = new Node();
        node.Watch = new DeviceLinkWatch(_store.DeviceLinks, _directory, s_options, _clock, NullLogger<DeviceLinkWatch>.Instance, node);
        var chargePoints = new ChargePoints(new ChargePointServices(
            _directory, new IdTokenList(_store.Registry, _clock), _store.ChargePoints, [node.Watch], s_options, _clock, NullLogger<ChargePoint>.Instance));
        node.ChargePoint = await chargePoints.GetAsync(_directory.Find(Sample.Cp("CP1"))!, default);
        return node;
    }

    private static async Task ConnectAsync(Node node, long generation)
    {
        var session = new Mock<IChargePointSession>();
        session.SetupGet(link => link.OcppVersion).Returns("1.6");
        session.SetupGet(link => link.Generation).Returns(generation);
        await node.ChargePoint.ConnectAsync(session.Object);
        node.ChargePoint.MarkReady(session.Object);
        await Wait.UntilAsync(() => node.ChargePoint.IsReady, "the link to be ready");
    }

    /// <summary>Time passes second by second, and every node looks at every second, both at once.</summary>
    private async Task SweepAsync(int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAll(_nodes.Select(node => node.Watch.SweepAsync(default)));
        }
    }

    private async Task<string[]> ToldAsync() =>
        [.. (await _store.Deliveries.ListAsync("wh_1", 0, 50, default)).Items.OrderBy(delivery => delivery.Sequence).Select(delivery => delivery.EventType)];

    [Fact]
    public async Task One_that_does_not_come_back_is_told_once_after_the_grace()
    {
        Array.ForEach(_nodes, node => node.Elsewhere = false);
        await SweepAsync(59);
        Assert.Equal(["device.connected"], await ToldAsync());
        await SweepAsync(60);
        Assert.Equal(["device.connected", "device.disconnected"], await ToldAsync());
    }

    [Fact]
    public async Task One_that_comes_back_to_another_node_within_the_grace_is_not_told()
    {
        Array.ForEach(_nodes, node => node.Elsewhere = false);
        await SweepAsync(50);
        await ConnectAsync(_nodes[0], generation: 2);
        _nodes[1].Elsewhere = true;
        await SweepAsync(200);
        Assert.Equal(["device.connected"], await ToldAsync());
    }

    [Fact]
    public async Task One_that_comes_back_after_the_grace_is_told_as_back_once()
    {
        Array.ForEach(_nodes, node => node.Elsewhere = false);
        await SweepAsync(100);
        await ConnectAsync(_nodes[1], generation: 2);
        _nodes[0].Elsewhere = true;
        await SweepAsync(100);
        Assert.Equal(["device.connected", "device.disconnected", "device.reconnected"], await ToldAsync());
    }

    [Fact]
    public async Task While_the_broker_is_away_nothing_is_told()
    {
        Array.ForEach(_nodes, node => node.Elsewhere = null);
        await SweepAsync(200);
        Assert.Equal(["device.connected"], await ToldAsync());
    }
}
