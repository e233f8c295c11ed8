using System.Globalization;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>The boot (use cases B01 to B03), and what follows it.</summary>
public sealed partial class SimulatedStation
{
    private readonly Outbox _asked = new();
    private string _bootReason = "PowerUp";
    private bool _asleep = true;
    private RegistrationStatus _registration = RegistrationStatus.None;
    private TaskCompletionSource _bootAsked = new();
    private DateTimeOffset _lastTogether;
    private bool _isAsked;

    private protected override async Task OpenAsync(OcppLink link, CancellationToken life)
    {
        BootHabits habits = Personality.Boot;
        _asked.ForgetPassing();
        if (habits.DelayMs > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(habits.DelayMs), Clock.Time, life);
        if (habits.StatusesFirst)
            TellStatuses();
        bool due = !Booted || habits.OnEveryLink;
        while (due && !habits.OnlyWhenTriggered && !habits.Never)
            due = !await BootAsync(link, life);
        lock (Gate)
            _registration = RegistrationStatus.Accepted;
    }

    private protected override void TellOpened()
    {
        bool longAway = _asleep || (Now - _lastTogether).TotalSeconds > Model.Whole("OCPPCommCtrlr.OfflineThreshold");
        if (longAway && !Personality.Boot.WithoutStatuses)
            TellStatuses();
        else if (!Personality.Boot.WithoutStatuses)
            TellUntoldStatuses();
        if (!_asleep)
            return;
        _asleep = false;
        foreach (Evse evse in _evses)
            evse.Wake();
    }

    private protected override TimeSpan? PauseAfterError(OutboxMessage message, int attempts) =>
        message.Keep && attempts < Model.Whole("OCPPCommCtrlr.MessageAttempts[TransactionEvent]")
            ? TimeSpan.FromSeconds(Model.Whole("OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]") * attempts)
            : null;

    /// <summary>Tells what was asked for: at once also while the boot is pending, when nothing else may be told (B02.FR.02).</summary>
    private void TellAsked(string action, JsonObject payload)
    {
        WhileAsked(() => TellPassing(action, payload));
    }

    /// <summary>What is told in <paramref name="telling"/> was asked for.</summary>
    private void WhileAsked(Action telling)
    {
        _isAsked = true;
        try
        {
            telling();
        }
        finally
        {
            _isAsked = false;
        }
    }

    /// <summary>Tells what need not be kept.</summary>
    internal void TellPassing(string action, JsonObject payload, Action<JsonObject>? answered = null)
    {
        var message = new OutboxMessage(action, () => (JsonObject)payload.DeepClone(), Keep: false, answered);
        Outbox outbox = _isAsked && _registration == RegistrationStatus.Pending ? _asked : Outbox;
        outbox.Add(message);
    }

    /// <summary>One BootNotification; true when it was accepted, after the pause the central system wants otherwise.</summary>
    private async Task<bool> BootAsync(OcppLink link, CancellationToken life)
    {
        double interval = 0;
        lock (Gate)
            _bootAsked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await SendAsync(link, new OutboxMessage("BootNotification", BootPayload, Keep: false, answer =>
        {
            _registration = Enum.Parse<RegistrationStatus>(answer.Word("status", "Accepted", "Pending", "Rejected"));
            // At once: the next frame may be a call already.
            Booted = _registration == RegistrationStatus.Accepted;
            interval = answer.Whole("interval");
            answer.Text("currentTime");
        }), life);
        lock (Gate)
        {
            if (Booted)
            {
                if (interval > 0)
                    Model.Set("OCPPCommCtrlr.HeartbeatInterval", interval.ToString(CultureInfo.InvariantCulture));
                HeartbeatInterval = Math.Max(1, Model.Whole("OCPPCommCtrlr.HeartbeatInterval"));
                return true;
            }
        }
        await WaitAsync(link, TimeSpan.FromSeconds(interval > 0 ? interval : 30), life);
        return false;
    }

    /// <summary>Until the next boot is due or asked for, tells only what is asked for.</summary>
    private async Task WaitAsync(OcppLink link, TimeSpan pause, CancellationToken life)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(life);
        Task due = Task.WhenAny(Task.Delay(pause, Clock.Time, over.Token), _bootAsked.Task);
        while (true)
        {
            Task<OutboxMessage> asked = _asked.PeekAsync(over.Token);
            if (await Task.WhenAny(due, asked) == due)
                break;
            OutboxMessage message = await asked;
            try
            {
                await SendAsync(link, message, life);
            }
            catch (CallErrorException)
            {
                // It was asked for and not wanted: that is all.
            }
            _asked.Remove(message);
        }
        await over.CancelAsync();
        life.ThrowIfCancellationRequested();
    }

    private JsonObject BootPayload() => new()
    {
        ["reason"] = _bootReason,
        ["chargingStation"] = new JsonObject
        {
            ["model"] = Options.Model,
            ["vendorName"] = Options.Vendor,
            ["serialNumber"] = Options.SerialNumber,
            ["firmwareVersion"] = Options.FirmwareVersion,
        },
    };

    /// <summary>After a short absence only what has changed is told (B04.FR.02).</summary>
    private void TellUntoldStatuses()
    {
        foreach (Evse evse in _evses)
        {
            if (!evse.StatusTold)
                evse.TellStatus();
        }
    }

    private void TellStatuses()
    {
        foreach (Evse evse in _evses)
            evse.TellStatus();
    }
}
