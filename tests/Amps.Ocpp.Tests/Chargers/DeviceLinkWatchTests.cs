using System.Text;
using System.Text.Json;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Tests.Storage;
using Amps.Ocpp.Tests.Support;
using Amps.Ocpp.Webhooks;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;

namespace Amps.Ocpp.Tests.Chargers;

/// <summary>When a device counts as there, gone and back; on a real store and a clock that stands still.</summary>
public sealed class DeviceLinkWatchTests : IAsyncLifetime
{
    private static readonly ChargePointId s_id = Sample.Cp("CP1");
    private readonly SqliteStoreFixture _store = new();
    private readonly ManualTimeProvider _clock = new();
    private DeviceLinkWatch _watch = null!;
    private ChargePoint _chargePoint = null!;
    private ChargePointDirectory _directory = null!;
    private long _generation;

    public async ValueTask InitializeAsync()
    {
        await _store.OpenAsync();
        await _store.Registry.SaveChargePointAsync(Record(), default);
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
        await StartAsync();
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private static ChargePointRecord Record(string? customer = "acme") => Sample.ChargePoint("CP1", Sample.Device("left", 1), Sample.Device("right", 2)) with
    {
        CustomerId = customer,
        Admission = Admission.Accepted,
        Boot = new BootData("Vendor", "Model", null, "1", "1.6", Sample.Noon),
    };

    /// <summary>A start of the service; what an earlier one knew is in the store only.</summary>
    private async Task StartAsync()
    {
        _directory = new ChargePointDirectory(_store.Registry);
        _directory.Load((await _store.Registry.LoadAsync(default)).ChargePoints);
        var options = new ChargersOptions();
        _watch = new DeviceLinkWatch(_store.DeviceLinks, _directory, options, _clock, NullLogger<DeviceLinkWatch>.Instance);
        var chargePoints = new ChargePoints(new ChargePointServices(
            _directory, new IdTokenList(_store.Registry, _clock), _store.ChargePoints, [_watch], options, _clock, NullLogger<ChargePoint>.Instance));
        _chargePoint = await chargePoints.GetAsync(_directory.Find(s_id)!, default);
    }

    private async Task<IChargePointSession> ConnectAsync(bool ready = true)
    {
        var session = new Mock<IChargePointSession>();
        session.SetupGet(link => link.OcppVersion).Returns("1.6");
        session.SetupGet(link => link.Generation).Returns(++_generation);
        await _chargePoint.ConnectAsync(session.Object);
        await Wait.UntilAsync(() => ReferenceEquals(_chargePoint.Session, session.Object), "the link");
        if (ready)
        {
            _chargePoint.MarkReady(session.Object);
            await Wait.UntilAsync(() => _chargePoint.IsReady, "the link to be ready");
        }
        return session.Object;
    }

    private async Task DisconnectAsync(IChargePointSession session)
    {
        await _chargePoint.DisconnectAsync(session);
        await Wait.UntilAsync(() => !_chargePoint.IsOnline, "the end of the link");
        // The observers are told after the link is gone; another item of the mailbox comes after that.
        await Task.Delay(20);
    }

    private async Task SweepAsync(double later = 0)
    {
        _clock.Advance(TimeSpan.FromSeconds(later));
        await _watch.SweepAsync(default);
    }

    /// <summary>What was queued for the webhook, oldest first, as <c>device event</c>.</summary>
    private async Task<string[]> ToldAsync() =>
        [.. (await _store.Deliveries.ListAsync("wh_1", 0, 50, default)).Items.Reverse().Select(delivery => $"{delivery.DeviceId} {delivery.EventType}").Order(StringComparer.Ordinal)];

    private async Task<DateTimeOffset> NewestTimestampAsync() => await _store.Database.ReadAsync(
        session => JsonDocument.Parse(session.First("SELECT body FROM webhook_deliveries ORDER BY sequence DESC LIMIT 1", row => Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(0)))!)
            .RootElement.GetProperty("timestamp").GetDateTimeOffset(),
        default);

    [Fact]
    public async Task Each_device_is_told_once_as_connected_when_the_link_is_in_service()
    {
        IChargePointSession session = await ConnectAsync(ready: false);
        await SweepAsync();
        Assert.Empty(await ToldAsync());
        _chargePoint.MarkReady(session);
        await Wait.UntilAsync(() => _chargePoint.IsReady, "the link to be ready");
        await SweepAsync();
        await SweepAsync(5);
        Assert.Equal(["left device.connected", "right device.connected"], await ToldAsync());
    }

    [Fact]
    public async Task A_gap_within_the_grace_is_not_told()
    {
        IChargePointSession session = await ConnectAsync();
        await SweepAsync();
        await DisconnectAsync(session);
        await SweepAsync(30);
        await SweepAsync(30);
        await ConnectAsync();
        await SweepAsync(1);
        await SweepAsync(120);
        Assert.Equal(["left device.connected", "right device.connected"], await ToldAsync());
    }

    [Fact]
    public async Task A_longer_gap_is_told_when_the_grace_is_over_and_its_end_too()
    {
        IChargePointSession session = await ConnectAsync();
        await SweepAsync();
        DateTimeOffset gone = _clock.GetUtcNow();
        await DisconnectAsync(session);
        await SweepAsync(60);
        Assert.Equal(2, (await ToldAsync()).Length);
        await SweepAsync(1);
        await SweepAsync(1);
        Assert.Equal(["left device.connected", "left device.disconnected", "right device.connected", "right device.disconnected"], await ToldAsync());
        Assert.Equal(gone, await NewestTimestampAsync());
        _clock.Advance(TimeSpan.FromHours(3));
        DateTimeOffset back = _clock.GetUtcNow();
        await ConnectAsync();
        await SweepAsync(2);
        await SweepAsync(2);
        Assert.Equal(
            ["left device.connected", "left device.disconnected", "left device.reconnected", "right device.connected", "right device.disconnected", "right device.reconnected"],
            await ToldAsync());
        Assert.Equal(back, await NewestTimestampAsync());
    }

    [Fact]
    public async Task A_restart_tells_nothing_twice_and_gives_the_grace_anew()
    {
        await ConnectAsync();
        await SweepAsync();
        await StartAsync();
        await SweepAsync(59);
        await ConnectAsync();
        await SweepAsync(60);
        Assert.Equal(2, (await ToldAsync()).Length);

        await StartAsync();
        await SweepAsync(61);
        Assert.Equal(["left device.connected", "left device.disconnected", "right device.connected", "right device.disconnected"], await ToldAsync());
        await StartAsync();
        await SweepAsync(100);
        Assert.Equal(4, (await ToldAsync()).Length);
        await ConnectAsync();
        await SweepAsync(1);
        Assert.Equal(6, (await ToldAsync()).Length);
        Assert.Equal(2, (await ToldAsync()).Count(told => told.EndsWith("reconnected", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_charge_point_of_nobody_is_told_once_it_is_claimed()
    {
        await _directory.ChangeAsync(s_id, record => record! with { CustomerId = null }, default);
        await ConnectAsync();
        await SweepAsync(10);
        Assert.Empty(await ToldAsync());
        await _directory.ChangeAsync(s_id, record => record! with { CustomerId = "acme" }, default);
        await SweepAsync(1);
        Assert.Equal(["left device.connected", "right device.connected"], await ToldAsync());
    }

    [Fact]
    public async Task What_is_removed_is_told_no_more_and_begins_anew_when_it_comes_again()
    {
        IChargePointSession session = await ConnectAsync();
        await SweepAsync();
        await _directory.RemoveAsync(s_id, default);
        await DisconnectAsync(session);
        await SweepAsync(100);
        Assert.Equal(2, (await ToldAsync()).Length);
        Assert.Empty(await _store.DeviceLinks.LoadToldAsync(default));
    }
}
