using System.Net.WebSockets;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>
/// What a simulated charge point is whatever version it speaks: it has power or has not, keeps one link to its central system, and
/// tells what there is to tell in order. All members may be called from any thread.
/// </summary>
public abstract partial class SimulatedHardware : IAsyncDisposable
{
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(60);

    private readonly List<Action> _after = [];
    private readonly Random _random;
    private CancellationTokenSource _power = new();
    private Task _life = Task.CompletedTask;
    private OcppLink? _link;
    private bool _offline;
    private double _sinceHeartbeat;

    private protected SimulatedHardware(SimulatedChargePointOptions options, SimulationClock clock)
    {
        Options = options;
        Clock = clock;
        Habits = new Habits(options.Personality);
        _random = new Random(options.Seed);
        Memory = options.DataDirectory is { } folder ? new MemoryFile(folder, options.Id) : null;
    }

    public SimulatedChargePointOptions Options { get; }

    public string Id => Options.Id;

    /// <summary>Connected, and the central system has accepted the boot.</summary>
    public bool IsAccepted { get; private set; }

    /// <summary>Accepted, and the central system has answered everything there was to tell.</summary>
    public bool IsSettled
    {
        get
        {
            // What follows the acceptance is put into the outbox under the same gate.
            lock (Gate)
                return IsAccepted && Outbox.IsEmpty;
        }
    }

    /// <summary>Sees every frame; true = sent by the charge point.</summary>
    public event Action<bool, string>? FrameSeen;

    /// <summary>Its connectors (of 2.0.1 and 2.1: its EVSEs) at this moment.</summary>
    public abstract IReadOnlyList<ConnectorSnapshot> Snapshots { get; }

    internal Personality Personality => Options.Personality;

    internal DateTimeOffset Now => Clock.Time.GetUtcNow() + TimeSpan.FromSeconds(Personality.Wire.ClockOffsetSeconds);

    /// <summary>Held by whoever reads or changes state. Re-entered by a reset, which reboots in the middle of an answer.</summary>
    private protected Lock Gate { get; } = new();

    private protected SimulationClock Clock { get; }

    private protected Outbox Outbox { get; } = new();

    private protected Habits Habits { get; }

    private protected MemoryFile? Memory { get; }

    private protected double HeartbeatInterval { get; set; } = 300;

    /// <summary>The central system has accepted a boot since the last reboot.</summary>
    private protected bool Booted { get; set; }

    public abstract void PlugIn(int connectorId, VehicleOptions? vehicle = null);

    public abstract void Unplug(int connectorId);

    /// <summary>The vehicle stops drawing, or draws again.</summary>
    public abstract void SuspendVehicle(int connectorId, bool suspended);

    /// <summary>A fault, named by an error code of OCPP 1.6 section 7.6, e.g. <c>GroundFailure</c>.</summary>
    public abstract void Fault(int connectorId, string errorCode);

    public abstract void ClearFault(int connectorId);

    public abstract void PresentCard(int connectorId, string idTag);

    /// <summary>Power is gone for a moment: transactions end, then it boots again.</summary>
    public abstract void Reboot(string reason = "Reboot");

    /// <summary>The network goes: no close frame, and no reconnect until it is back.</summary>
    public void GoOffline()
    {
        lock (Gate)
            _offline = true;
        Hangup();
    }

    public void GoOnline()
    {
        lock (Gate)
            _offline = false;
    }

    /// <summary>Switches it on.</summary>
    public void Start()
    {
        lock (Gate)
        {
            if (!_life.IsCompleted)
                return;
            _power = new CancellationTokenSource();
            _life = Task.Run(() => LiveAsync(_power.Token));
        }
        Clock.Add(this);
    }

    /// <summary>Switches it off: the link is closed, what has to survive does.</summary>
    public async Task StopAsync()
    {
        Clock.Remove(this);
        if (_link is { } link)
            await link.CloseAsync();
        await _power.CancelAsync();
        await _life;
        if (_leftOpen is { } old)
            await old.DisposeAsync();
        lock (Gate)
            Save();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _power.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Writes down what survives a power cut.</summary>
    internal abstract void Save();

    internal void Tell(string action, Func<JsonObject> payload, bool keep, Action<JsonObject>? answered = null) =>
        Outbox.Add(new OutboxMessage(action, payload, keep, answered));

    /// <summary>To be done when the answer to the present call has been sent.</summary>
    internal void After(Action action) => _after.Add(action);

    internal void Step(TimeSpan passed)
    {
        lock (Gate)
        {
            StepParts(passed);
            _sinceHeartbeat += passed.TotalSeconds;
            if (!IsAccepted || _sinceHeartbeat < HeartbeatInterval)
                return;
            _sinceHeartbeat = 0;
        }
        Tell("Heartbeat", static () => [], keep: false);
    }

    /// <summary>Where and as whom it connects.</summary>
    private protected virtual SimulatedChargePointOptions LinkOptions => Options;

    /// <summary>Gives the answer to a call of the central system.</summary>
    private protected abstract Reply Answer(string action, JsonObject call);

    /// <summary>Lets time pass for connectors; the gate is held.</summary>
    private protected abstract void StepParts(TimeSpan passed);

    /// <summary>Tells what nobody answers, if there is a link (2.1).</summary>
    private protected void SendOneWay(string action, JsonObject payload) =>
        _ = _link?.SendOneWayAsync(action, payload, CancellationToken.None)
            .ContinueWith(static done => done.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    /// <summary>Cuts the link, if there is one.</summary>
    private protected void Hangup() => _link?.Abort();

    private async Task LiveAsync(CancellationToken power)
    {
        TimeSpan pause = Options.ReconnectAfter;
        while (!power.IsCancellationRequested)
        {
            bool connected = false;
            try
            {
                if (!_offline)
                    connected = await ConnectOnceAsync(power);
            }
            catch (Exception e) when (e is WebSocketException or TimeoutException or CallErrorException or HttpRequestException or IOException or OperationCanceledException)
            {
                // Not reached, or lost: tried again below.
            }
            pause = connected ? Options.ReconnectAfter : pause * 2 < s_longestPause && !_offline ? pause * 2 : pause;
            if (Personality.Link.ReconnectsAfterSeconds is { } usual)
                pause = TimeSpan.FromSeconds(usual);
            await Task.Delay(pause * (0.8 + (0.4 * _random.NextDouble())), Clock.Time, power).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void RunAfter()
    {
        lock (Gate)
        {
            foreach (Action action in _after)
                action();
            _after.Clear();
        }
    }
}
