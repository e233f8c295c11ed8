using System.Threading.Channels;
using Amps.Ocpp.Model;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Routing;

/// <summary>
/// Keeps the nodes' registries together: a message without content says that something was changed, and every node asks the store
/// what. Each asks by itself once in a while too, so that a lost message costs a moment only.
/// </summary>
public sealed partial class RegistryBell(
    IMqttClient mqtt, RegistryFeed feed, ChargePointDirectory directory, RegistrySignal signal, ChargePointRouter router, RoutingOptions options, TimeProvider time, ILogger<RegistryBell> logger)
    : BackgroundService
{
    // More changes within it are told, and read, together.
    private static readonly TimeSpan s_together = TimeSpan.FromMilliseconds(20);

    private readonly Channel<MqttMessage> _rung = Channel.CreateBounded<MqttMessage>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private string Topic => $"{options.TopicPrefix}/nodes/registry-changed";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Shared)
            return;
        directory.Adopted = OnChanged;
        await using IMqttSubscription subscription = mqtt.Subscribe(Topic, MqttQos.AtLeastOnce, _rung);
        try
        {
            await Task.WhenAll(RingAsync(stoppingToken), ListenAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The service is going down.
        }
    }

    private async Task RingAsync(CancellationToken stoppingToken)
    {
        Task next = signal.Next;
        while (true)
        {
            await next.WaitAsync(stoppingToken);
            next = signal.Next;
            await mqtt.PublishAsync(Topic, "{}"u8.ToArray(), MqttPublishOptions.Default, stoppingToken);
            await Task.Delay(s_together, time, stoppingToken);
        }
    }

    private async Task ListenAsync(CancellationToken stoppingToken)
    {
        Task<bool>? rung = null;
        while (true)
        {
            try
            {
                await feed.RefreshAsync(stoppingToken);
            }
            catch (StorageUnavailableException e)
            {
                LogStorage(e.Message);
            }
            rung ??= _rung.Reader.WaitToReadAsync(stoppingToken).AsTask();
            await Task.WhenAny(rung, Task.Delay(options.LookEvery, time, stoppingToken));
            stoppingToken.ThrowIfCancellationRequested();
            if (rung.IsCompleted)
                rung = null;
            while (_rung.Reader.TryRead(out _))
            {
                // One look finds all.
            }
        }
    }

    private void OnChanged(ChargePointRecord? before, ChargePointRecord? after)
    {
        if (after is null)
        {
            router.NotifyRemoved(before!.Id, Devices(before));
            return;
        }
        router.NotifyDevicesRemoved(after.Id, Devices(before).Except(Devices(after)));
        router.NotifyChanged(after.Id);
    }

    private static IEnumerable<DeviceId> Devices(ChargePointRecord? record) => record?.Devices.Select(device => device.Id) ?? [];

    [LoggerMessage(Level = LogLevel.Warning, Message = "Changes of other nodes not read, storage is away: {Reason}")]
    private partial void LogStorage(string reason);
}
