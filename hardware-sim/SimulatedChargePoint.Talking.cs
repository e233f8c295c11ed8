using System.Globalization;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>One link from connect to its end: the boot, then what there is to tell, in order.</summary>
public sealed partial class SimulatedChargePoint
{
    private OcppLink? _leftOpen;

    /// <summary>One link from connect to its end; true when the central system had accepted the charge point.</summary>
    private async Task<bool> ConnectOnceAsync(CancellationToken power)
    {
        if (Personality.Link.Probes)
            await ProbeAsync(power);
        var link = new OcppLink(Options, _clock.Time, Answer, RunAfter, (sent, text) => FrameSeen?.Invoke(sent, text));
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
            _outbox.ForgetPassing();
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
        await using var probe = new OcppLink(Options, _clock.Time, Answer, RunAfter, static (_, _) => { });
        await probe.ConnectAsync(power);
        await Task.Delay(TimeSpan.FromMilliseconds(200), _clock.Time, power);
        probe.Abort();
    }

    private async Task TalkAsync(OcppLink link, CancellationToken life)
    {
        BootHabits habits = Personality.Boot;
        if (habits.DelayMs > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(habits.DelayMs), _clock.Time, life);
        if (habits.StatusesFirst)
            await TellStatusesFirstAsync(link, life);
        bool due = !_booted || habits.OnEveryLink;
        while (due && !habits.OnlyWhenTriggered && !habits.Never)
            due = !await BootAsync(link, life);
        lock (_gate)
        {
            IsAccepted = true;
            _sinceHeartbeat = _random.NextDouble() * Math.Min(10, _heartbeatInterval / 2);
            if (!habits.WithoutStatuses)
            {
                TellStationStatus();
                foreach (Connector connector in _connectors)
                    connector.TellStatus();
            }
            TellPast();
        }
        while (true)
        {
            OutboxMessage message = await _outbox.PeekAsync(life);
            try
            {
                await SendAsync(link, message, life);
                _outbox.Remove(message);
            }
            catch (CallErrorException) when (!message.Keep)
            {
                _outbox.Remove(message);
            }
            catch (CallErrorException)
            {
                // The central system could not store it: it keeps its place and is sent again (OCPP 1.6 section 4.3).
                await Task.Delay(TimeSpan.FromSeconds(_configuration.Whole("TransactionMessageRetryInterval")), _clock.Time, life);
            }
        }
    }

    /// <summary>One BootNotification; true when it was accepted, after the pause the central system wants otherwise.</summary>
    private async Task<bool> BootAsync(OcppLink link, CancellationToken life)
    {
        var boot = new OutboxMessage("BootNotification", BootPayload, Keep: false);
        JsonObject answer = [];
        await SendAsync(link, boot with
        {
            Answered = given =>
            {
                answer = given;
                _booted = given["status"]?.GetValue<string>() == "Accepted";
            },
        }, life);
        double interval = answer["interval"]?.GetValue<double>() ?? 0;
        _heartbeatInterval = interval > 0 ? interval : 300;
        if (!_booted)
            await Task.Delay(TimeSpan.FromSeconds(interval > 0 ? interval : 60), _clock.Time, life);
        return _booted;
    }

    /// <summary>Sends a message as habit wants it: changed, late, twice or not at all.</summary>
    private async Task SendAsync(OcppLink link, OutboxMessage message, CancellationToken life)
    {
        TimeSpan delay;
        IReadOnlyList<JsonObject> payloads;
        lock (_gate)
            (delay, payloads) = _habits.Tell(message.Action, message.Payload());
        if (delay > TimeSpan.Zero)
            await Task.Delay(delay, _clock.Time, life);
        Action<JsonObject> answered = answer =>
        {
            lock (_gate)
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

    private async Task TellStatusesFirstAsync(OcppLink link, CancellationToken life)
    {
        for (int connectorId = 0; connectorId <= _connectors.Length; connectorId++)
        {
            try
            {
                await link.CallAsync("StatusNotification", new JsonObject
                {
                    ["connectorId"] = connectorId,
                    ["errorCode"] = "NoError",
                    ["status"] = connectorId == 0 ? "Available" : _connectors[connectorId - 1].Status,
                }, null, life);
            }
            catch (CallErrorException)
            {
                // Told again after the boot.
            }
        }
    }

    private JsonObject BootPayload() => new()
    {
        ["chargePointVendor"] = Options.Vendor,
        ["chargePointModel"] = Options.Model,
        ["chargePointSerialNumber"] = Options.SerialNumber,
        ["firmwareVersion"] = Options.FirmwareVersion,
    };

    private void TellStationStatus() => Tell("StatusNotification", () => new JsonObject
    {
        ["connectorId"] = 0,
        ["errorCode"] = "NoError",
        ["status"] = "Available",
        ["timestamp"] = Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    }, keep: false);
}
