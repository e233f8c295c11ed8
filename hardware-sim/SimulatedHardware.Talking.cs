using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>One link from connect to its end: the boot, then what there is to tell, in order.</summary>
public abstract partial class SimulatedHardware
{
    private OcppLink? _leftOpen;
    private bool _hasLostLink;

    /// <summary>Boots as far as this link needs it; ends when the charge point may talk.</summary>
    private protected abstract Task OpenAsync(OcppLink link, CancellationToken life);

    /// <summary>Tells what is told when a link is there and the boot accepted; the gate is held.</summary>
    private protected abstract void TellOpened();

    /// <summary>How long to wait before a message that was answered with a CALLERROR is sent again; null = it is given up.</summary>
    private protected abstract TimeSpan? PauseAfterError(OutboxMessage message, int attempts);

    /// <summary>One link from connect to its end; true when the central system had accepted the charge point.</summary>
    private async Task<bool> ConnectOnceAsync(CancellationToken power)
    {
        if (Personality.Link.Probes)
            await ProbeAsync(power);
        var link = new OcppLink(LinkOptions, Clock.Time, Answer, RunAfter, (sent, text) => FrameSeen?.Invoke(sent, text));
        try
        {
            await link.ConnectAsync(power);
            _link = link;
            using var life = CancellationTokenSource.CreateLinkedTokenSource(power);
            Task reading = link.ReadAsync(power);
            Task talking = TalkAsync(link, life.Token);
            Task losing = LosingAsync(life.Token);
            Task first = await Task.WhenAny(reading, talking, losing);
            bool accepted = IsAccepted;
            IsAccepted = false;
            _link = null;
            await life.CancelAsync();
            await losing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (first == losing && Personality.Link.LeavesOldOpen)
            {
                _leftOpen = link;
                link.Mute();
            }
            else
            {
                link.Abort();
                await reading;
            }
            await talking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Outbox.ForgetPassing();
            return accepted;
        }
        finally
        {
            if (!ReferenceEquals(_leftOpen, link))
                await link.DisposeAsync();
        }
    }

    private async Task ProbeAsync(CancellationToken power)
    {
        await using var probe = new OcppLink(LinkOptions, Clock.Time, Answer, RunAfter, static (_, _) => { });
        await probe.ConnectAsync(power);
        await Task.Delay(TimeSpan.FromMilliseconds(200), Clock.Time, power);
        probe.Abort();
    }

    private async Task TalkAsync(OcppLink link, CancellationToken life)
    {
        await OpenAsync(link, life);
        lock (Gate)
        {
            IsAccepted = true;
            _sinceHeartbeat = _random.NextDouble() * Math.Min(10, HeartbeatInterval / 2);
            TellOpened();
        }
        int attempts = 0;
        while (true)
        {
            OutboxMessage message = await Outbox.PeekAsync(life);
            try
            {
                await SendAsync(link, message, life);
                Outbox.Remove(message);
                attempts = 0;
            }
            catch (CallErrorException)
            {
                if (PauseAfterError(message, ++attempts) is { } pause)
                {
                    await Task.Delay(pause, Clock.Time, life);
                    continue;
                }
                Outbox.Remove(message);
                attempts = 0;
            }
        }
    }

    /// <summary>Sends a message as habit wants it: changed, late, twice or not at all.</summary>
    private protected async Task SendAsync(OcppLink link, OutboxMessage message, CancellationToken life)
    {
        TimeSpan delay;
        IReadOnlyList<JsonObject> payloads;
        lock (Gate)
            (delay, payloads) = Habits.Tell(message.Action, message.Payload());
        if (delay > TimeSpan.Zero)
            await Task.Delay(delay, Clock.Time, life);
        Action<JsonObject> answered = answer =>
        {
            lock (Gate)
                message.Answered?.Invoke(answer);
        };
        foreach (JsonObject payload in payloads)
        {
            Task<JsonObject> call = link.CallAsync(message.Action, payload, answered, life);
            if (!Personality.Wire.CallsAtOnce || message.Keep || message.Action == "BootNotification")
                await call;
            else
                _ = call.ContinueWith(static done => done.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    /// <summary>Ends when the link is to be lost; never where there is no such habit.</summary>
    private async Task LosingAsync(CancellationToken life)
    {
        while (!IsAccepted)
            await Task.Delay(TimeSpan.FromMilliseconds(100), Clock.Time, life);
        if (Personality.Link.LosesOnceAfterSeconds is not { } seconds || _hasLostLink)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, Clock.Time, life);
            return;
        }
        _hasLostLink = true;
        await Task.Delay(TimeSpan.FromSeconds(seconds), Clock.Time, life);
    }
}
