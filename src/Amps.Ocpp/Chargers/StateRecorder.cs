using System.Threading.Channels;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// Keeps the last known state of every charger in the store, off the message path: statuses and transactions soon, mere
/// measurements once in a while, many chargers in one write (performance rules).
/// </summary>
public sealed partial class StateRecorder(IChargePointStore store, ChargersOptions options, TimeProvider time, ILogger<StateRecorder> logger) : BackgroundService, IChargerObserver
{
    private const int SoonMark = 1;
    private const int LaterMark = 2;
    private const int BatchSize = 500;
    private static readonly TimeSpan MeterInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    // Each charger stands at most once in each, so the number of chargers is their limit.
    private readonly Channel<Charger> _soon = Channel.CreateUnbounded<Charger>();
    private readonly Channel<Charger> _later = Channel.CreateUnbounded<Charger>();

    public void OnStateChanged(Charger charger, bool meterOnly)
    {
        if (meterOnly)
        {
            if (charger.TryMark(LaterMark))
                _later.Writer.TryWrite(charger);
        }
        else if (charger.TryMark(SoonMark))
        {
            _soon.Writer.TryWrite(charger);
        }
    }

    public void OnLinkChanged(Charger charger)
    {
        // The link is not part of what is kept: after a restart no charge point is connected.
    }

    public void OnNotice(ChargerNotice notice)
    {
        // Notices are not kept.
    }

    public void OnDeviceRemoved(DeviceId device)
    {
        // The registry's store removes what it kept of the device.
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Task meters = Task.Run(() => CollectMetersAsync(stoppingToken), CancellationToken.None);
        try
        {
            while (await _soon.Reader.WaitToReadAsync(stoppingToken))
                await FlushAsync(_soon.Reader, SoonMark, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // What is left is written below.
        }
        await meters;
        await FlushAsync(_soon.Reader, SoonMark, CancellationToken.None);
        await FlushAsync(_later.Reader, LaterMark, CancellationToken.None);
    }

    private async Task CollectMetersAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(MeterInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await FlushAsync(_later.Reader, LaterMark, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The rest is written at the end.
        }
    }

    private async Task FlushAsync(ChannelReader<Charger> dirty, int mark, CancellationToken stoppingToken)
    {
        var batch = new List<ChargerSnapshot>();
        while (dirty.TryRead(out Charger? charger))
        {
            charger.Unmark(mark);
            batch.Add(charger.State.ToSnapshot(options.NodeId));
            if (batch.Count >= BatchSize)
                await SaveAsync(batch, stoppingToken);
        }
        await SaveAsync(batch, stoppingToken);
    }

    private async Task SaveAsync(List<ChargerSnapshot> batch, CancellationToken stoppingToken)
    {
        while (batch.Count > 0)
        {
            try
            {
                await store.SaveSnapshotsAsync(batch, CancellationToken.None);
                batch.Clear();
            }
            catch (StorageUnavailableException e)
            {
                LogNotSaved(e.Message, batch.Count);
                if (stoppingToken.IsCancellationRequested || stoppingToken == CancellationToken.None)
                    return;
                await Task.Delay(RetryAfter, time, stoppingToken);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Last known states not saved, storage is away: {Reason} ({Count} waiting)")]
    private partial void LogNotSaved(string reason, int count);
}
