using System.Net.WebSockets;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>
/// A charge point that behaves as OCPP 1.6 wants it and as hardware does: it connects, boots, tells its statuses, charges what is
/// plugged in within its limits, keeps transaction messages while offline, and answers every call of a central system.
/// All members may be called from any thread.
/// </summary>
public sealed partial class SimulatedChargePoint : IAsyncDisposable
{
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(60);

    // Re-entered by a reset, which reboots in the middle of an answer.
    private readonly Lock _gate = new();
    private readonly SimulationClock _clock;
    private readonly Connector[] _connectors;
    private readonly Outbox _outbox = new();
    private readonly List<Action> _after = [];
    private readonly ConfigurationKeys _configuration;
    private readonly MemoryFile? _memory;
    private readonly Random _random;
    private readonly Habits _habits;
    private CancellationTokenSource _power = new();
    private Task _life = Task.CompletedTask;
    private OcppLink? _link;
    private bool _offline;
    private CommandFault _nextFault;
    private bool _booted;
    private double _sinceHeartbeat;
    private double _heartbeatInterval = 300;

    public SimulatedChargePoint(SimulatedChargePointOptions options, SimulationClock clock)
    {
        Options = options;
        _clock = clock;
        _random = new Random(options.Seed);
        _connectors = [.. options.Connectors.Select((connector, index) => new Connector(this, index + 1, connector))];
        _habits = new Habits(options.Personality);
        _configuration = new ConfigurationKeys(_connectors.Length, options.MeterValueSampleInterval);
        StartHabits();
        _memory = options.DataDirectory is { } folder ? new MemoryFile(folder, options.Id) : null;
        _memory?.Load(Profiles, _configuration, _connectors);
    }

    public SimulatedChargePointOptions Options { get; }

    public string Id => Options.Id;

    /// <summary>Connected, and the central system has accepted the boot.</summary>
    public bool IsAccepted { get; private set; }

    /// <summary>Accepted, and the central system has answered everything there was to tell.</summary>
    public bool IsSettled => IsAccepted && _outbox.IsEmpty;

    /// <summary>Sees every frame; true = sent by the charge point.</summary>
    public event Action<bool, string>? FrameSeen;

    public IReadOnlyList<ConnectorSnapshot> Snapshots
    {
        get
        {
            lock (_gate)
                return [.. _connectors.Select(connector => connector.Snapshot)];
        }
    }

    internal DateTimeOffset Now => _clock.Time.GetUtcNow() + TimeSpan.FromSeconds(Personality.Wire.ClockOffsetSeconds);

    internal ChargingProfiles Profiles { get; } = new();

    internal int SampleInterval => _configuration.Whole("MeterValueSampleInterval");

    internal IEnumerable<string> Measurands => _configuration.Measurands;

    /// <summary>Switches it on.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (!_life.IsCompleted)
                return;
            _power = new CancellationTokenSource();
            _life = Task.Run(() => LiveAsync(_power.Token));
        }
        _clock.Add(this);
    }

    /// <summary>Switches it off: the link is closed, what has to survive does.</summary>
    public async Task StopAsync()
    {
        _clock.Remove(this);
        if (_link is { } link)
            await link.CloseAsync();
        await _power.CancelAsync();
        await _life;
        if (_leftOpen is { } old)
            await old.DisposeAsync();
        Save();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _power.Dispose();
    }

    internal void Tell(string action, Func<JsonObject> payload, bool keep, Action<JsonObject>? answered = null) =>
        _outbox.Add(new OutboxMessage(action, payload, keep, answered));

    /// <summary>To be done when the answer to the present call has been sent.</summary>
    internal void After(Action action) => _after.Add(action);

    internal void Step(TimeSpan passed)
    {
        lock (_gate)
        {
            foreach (Connector connector in _connectors)
            {
                if (connector.Stepping)
                    connector.Step(passed, Options.TimeScale);
            }
            _sinceHeartbeat += passed.TotalSeconds;
            if (!IsAccepted || _sinceHeartbeat < _heartbeatInterval)
                return;
            _sinceHeartbeat = 0;
        }
        Tell("Heartbeat", static () => [], keep: false);
    }

    private void With(int connectorId, Action<Connector> change)
    {
        lock (_gate)
        {
            if (connectorId < 1 || connectorId > _connectors.Length)
                throw new ArgumentOutOfRangeException(nameof(connectorId), connectorId, $"{Id} has connectors 1 to {_connectors.Length}.");
            change(_connectors[connectorId - 1]);
        }
    }

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
            await Task.Delay(pause * (0.8 + (0.4 * _random.NextDouble())), _clock.Time, power).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void RunAfter()
    {
        lock (_gate)
        {
            foreach (Action action in _after)
                action();
            _after.Clear();
        }
    }

    internal void Save() => _memory?.Save(Profiles, _configuration, _connectors);
}
